"""Creating projects, set-wise: one project on the form is a set of one.

The door for people is `registrations.register`, which calls this after its check for collisions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.catalog.models import Product
from openpsm.core import bulk, custom, events, memo
from openpsm.core.dates import today
from openpsm.core.errors import InvalidInput, NotAllowed
from openpsm.core.events import EventRow
from openpsm.core.money import default_currency
from openpsm.core.versions import Origin
from openpsm.org.access import reach, require
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.process import queries as processes
from openpsm.process.queries import ProcessDefinition, StageDefinition
from openpsm.projects.models import Outcome, Party, PartyRole, Project, ProjectMember, ProjectProduct, TeamRole
from openpsm.projects.operations import fields as checks
from openpsm.projects.operations import grams
from openpsm.projects.operations.facts import derive, keep_of_nothing
from openpsm.projects.operations.gates import due_on
from openpsm.projects.operations.totals import count_projects

Errors = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProject:
    """What is said about a project when it is created; `amount` is tax-inclusive. See the model for the meaning.

    `owner_id` None is the creator. `parties` are (account id, role) beside the customer; `products` are (product id,
    quantity or None).
    """

    name: str
    account_id: int
    owner_id: int | None = None
    amount: Decimal = Decimal(0)
    currency: str = field(default_factory=default_currency)
    process_version_id: int | None = None
    product_line: str = ""
    site: str = ""
    region: str = ""
    tender_on: date | None = None
    tender_source: str = ""
    tender_number: str = ""
    order_on: date | None = None
    purchasing_form: str = ""
    possibility: int | None = None
    possibility_reason: str = ""
    boss_attitude: int | None = None
    boss_attitude_source: str = ""
    is_non_standard: bool = False
    parties: Sequence[tuple[int, str]] = ()
    products: Sequence[tuple[int, Decimal | None]] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)
    news_on: date | None = None
    news_source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a project begins: the first stage now, or for stock taken over the stated stage and day."""

    process: ProcessDefinition
    stage: StageDefinition
    entered_at: datetime
    is_taken_over: bool = False
    closed: tuple[Outcome, datetime] | None = None
    origin: Origin | None = None


def create_projects(*, rows: Sequence[NewProject], by: User, at: datetime) -> list[Project]:
    """Create projects in the first stage of their process, in the order of the rows.

    Creating for others needs a manager of the owner's department. The accounts need not be visible to the creator:
    whether a project may be registered there is the rule of `registrations`. Raises NotAllowed, InvalidInput with
    fields named "<row>.<field>" when there are several rows. As many statements for 50 rows as for 1, beside the
    batches of inserts on SQLite.
    """
    with transaction.atomic():
        return create_within(rows, by=by, at=at)


def create_within(
    rows: Sequence[NewProject], *, by: User, at: datetime, known: Sequence[Account] = ()
) -> list[Project]:
    """Do the same within the caller's transaction; `known` are live accounts that the caller has read in it."""
    require(by, Permission.REGISTRATION_CREATE)
    with memo.ensured():
        entries = [_entry(row, at) for row in rows]
        projects = write_projects(rows, entries, by=by, at=at, known=known)
        record = [
            EventRow(project, data=created(project, entry)) for project, entry in zip(projects, entries, strict=True)
        ]
        events.record_many("project.created", record, by=by, at=at)
    return projects


def foresee_names(names: Iterable[str]) -> None:
    """Work out and remember what the names are found and sorted by, before any lock is taken."""
    for name in names:
        checks.name_keys(name.strip())


def _entry(row: NewProject, at: datetime) -> Entry:
    process = processes.definition(row.process_version_id) if row.process_version_id else processes.default_definition()
    return Entry(process, process.stages[0], at)


def write_projects(
    rows: Sequence[NewProject],
    entries: Sequence[Entry],
    *,
    by: User,
    at: datetime,
    is_for_others: bool = False,
    known: Sequence[Account] = (),
) -> list[Project]:
    """Check and insert the rows with team, parties, products and kept facts; the caller records the events.

    `is_for_others`: the caller has checked that `by` may create for any owner.
    """
    owners, accounts = _owners(rows, by), _accounts(rows, known)
    if not is_for_others:
        _require_managed(owners.values(), by)
    values = _checked(rows, entries, owners, accounts, by)
    projects = [
        _project(row, value, entry, owners[row.owner_id or by.pk], accounts[row.account_id], by=by, at=at)
        for row, value, entry in zip(rows, values, entries, strict=True)
    ]
    derive(projects, answers={}, on=today(at))
    bulk.insert(Project, projects)
    grams.write_new((project.pk, project.name) for project in projects)
    _write_parts(projects, rows)
    keep_of_nothing(projects, at=at)
    count_projects(projects)
    return projects


def _owners(rows: Iterable[NewProject], by: User) -> dict[int, User]:
    """Return the owners by id, `by` as it is (1 query where there are others)."""
    others = {row.owner_id for row in rows if row.owner_id} - {by.pk}
    found = User.objects.filter(pk__in=others).select_related("department") if others else ()
    return {user.pk: user for user in (by, *found)}


def _accounts(rows: Iterable[NewProject], known: Iterable[Account]) -> dict[int, Account]:
    """Return the accounts by id (1 query unless all are known)."""
    found = {account.pk: account for account in known}
    ids = {pk for row in rows for pk in (row.account_id, *(account_id for account_id, _role in row.parties))}
    rest = ids - found.keys()
    return found | ({one.pk: one for one in Account.objects.live().filter(pk__in=rest)} if rest else {})


def _checked(
    rows: Sequence[NewProject],
    entries: Sequence[Entry],
    owners: Mapping[int, User],
    accounts: Mapping[int, Account],
    by: User,
) -> list[dict[str, Any]]:
    """Check all rows before anything is written, so that all mistakes come back at once."""
    errors: dict[str, list[str]] = {}
    values = []
    is_stock = any(entry.is_taken_over for entry in entries)
    known_products, seen = _known_products(rows, is_stock=is_stock), _visible_parties(rows, by)
    for number, (row, entry) in enumerate(zip(rows, entries, strict=True), 1):
        prefix = f"{number}." if len(rows) > 1 else ""
        try:
            if any(pk not in seen for pk, _role in row.parties if pk != row.account_id):
                raise InvalidInput({"parties": _("There is no such account or no such part.")})
            values.append(_check(row, entry, owners, accounts, known_products, by))
        except InvalidInput as refused:
            errors |= {f"{prefix}{name}": messages for name, messages in refused.errors.items()}
    if errors:
        raise InvalidInput(errors)
    return values


def _visible_parties(rows: Iterable[NewProject], by: User) -> set[int]:
    """A company becomes visible by its projects: nobody makes a stranger's customer a party of their own project."""
    ids = {pk for row in rows for pk, _role in row.parties}
    return set(Account.objects.visible_to(by).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def check_new_project(row: NewProject) -> dict[str, str]:
    """Return what `create_projects` would refuse in the fields of a row, references apart (no query but custom fields).

    Errors of custom fields are named "custom.<key>".
    """
    given = {name: getattr(row, name) for name in checks.CREATABLE}
    _values, errors = checks.clean({**given, "amount_currency": row.currency})
    try:
        custom.clean(Project, row.custom)
    except InvalidInput as refused:
        errors |= {name: " ".join(messages) for name, messages in refused.errors.items()}
    return errors


def _known_products(rows: Iterable[NewProject], *, is_stock: bool) -> set[int]:
    """Products on sale; existing business may be about others too."""
    ids = {pk for row in rows for pk, _quantity in row.products}
    found = Product.objects.filter(pk__in=ids) if is_stock else Product.objects.filter(pk__in=ids, is_active=True)
    return set(found.values_list("pk", flat=True)) if ids else set()


def _check(
    row: NewProject,
    entry: Entry,
    owners: Mapping[int, User],
    accounts: Mapping[int, Account],
    products: set[int],
    by: User,
) -> dict[str, Any]:
    given = {name: getattr(row, name) for name in checks.CREATABLE}
    values, errors = checks.clean({**given, "amount_currency": row.currency})
    if row.account_id not in accounts:
        errors["account"] = _("There is no such account.")
    errors |= _check_owner(owners.get(row.owner_id or by.pk), is_over=_ended(entry)[0] != Outcome.OPEN)
    errors |= _check_parts(row, accounts, products)
    try:
        values["custom"] = custom.clean(Project, row.custom)
    except InvalidInput as refused:
        raise InvalidInput({**errors, **refused.errors}) from None
    if errors:
        raise InvalidInput(errors)
    return values


def _require_managed(owners: Iterable[User], by: User) -> None:
    for owner in owners:
        path = (owner.department.path or "") if owner.department else ""
        above = reach(by).manages(path) or reach(by).holds(Permission.PROJECT_VIEW_ALL, path=path)
        if owner.pk != by.pk and not above:
            raise NotAllowed(_("Only a manager of %(name)s may create projects for them.") % {"name": owner})


def _check_owner(owner: User | None, *, is_over: bool) -> Errors:
    """What is over stays with whoever owned it, also if they have left."""
    if owner is None or not (owner.is_active or is_over):
        return {"owner": _("There is no such active user.")}
    if owner.department is None:
        return {"owner": _("%(name)s does not belong to a department.") % {"name": owner}}
    return {}


def _check_parts(row: NewProject, accounts: Mapping[int, Account], products: set[int]) -> Errors:
    errors: Errors = {}
    if any(pk not in accounts or role not in PartyRole.values for pk, role in row.parties):
        errors["parties"] = _("There is no such account or no such part.")
    if any(pk not in products for pk, _quantity in row.products):
        errors["products"] = _("There is no such product on sale.")
    return errors


def _project(
    row: NewProject, values: Mapping[str, Any], entry: Entry, owner: User, account: Account, *, by: User, at: datetime
) -> Project:
    project = Project(
        **values,
        **checks.name_keys(values["name"]),
        account=account,
        owner=owner,
        department=owner.department,
        process_version_id=entry.process.version_id,
        stage_id=entry.stage.id,
        stage_entered_at=entry.entered_at,
        stage_due_on=due_on(entry.stage, entry.entered_at),
        entry_stage_id=entry.stage.id if entry.is_taken_over else None,
        outcome=_ended(entry)[0],
        outcome_at=_ended(entry)[1],
        created_at=(entry.origin and entry.origin.at) or at,
        updated_at=at,
        created_by_id=entry.origin.by_id if entry.origin else by.pk,
    )
    project.debt_count = project.debt_reviews = 0
    return project


def _ended(entry: Entry) -> tuple[Outcome, datetime | None]:
    if entry.closed is not None:
        return entry.closed
    is_won = any(stage.is_won_gate for stage in entry.process.before(entry.stage.position))
    return (Outcome.WON, entry.entered_at) if is_won else (Outcome.OPEN, None)


def _write_parts(projects: Sequence[Project], rows: Sequence[NewProject]) -> None:
    pairs = list(zip(projects, rows, strict=True))
    owner = TeamRole.OWNER.value
    bulk.write(ProjectMember, [{"project_id": one.pk, "user_id": one.owner_id, "role": owner} for one in projects])
    parties = [(one.pk, pk, role) for one, row in pairs for pk, role in _parties(row)]
    bulk.write(Party, [{"project_id": one, "account_id": pk, "role": role} for one, pk, role in parties])
    products = [(one.pk, pk, quantity) for one, row in pairs for pk, quantity in dict(row.products).items()]
    bulk.write(ProjectProduct, [{"project_id": one, "product_id": pk, "quantity": n} for one, pk, n in products])


def _parties(row: NewProject) -> list[tuple[int, str]]:
    """The customer is a party too: the project's owner unless the row says otherwise."""
    given = list(dict.fromkeys(row.parties))
    is_named = any(pk == row.account_id for pk, _role in given)
    return given if is_named else [(row.account_id, PartyRole.OWNER.value), *given]


def created(project: Project, entry: Entry) -> dict[str, Any]:
    """What the event of a new project says."""
    return {
        "name": project.name,
        "account": project.account_id,
        "owner": project.owner_id,
        "stage": entry.stage.key,
        "amount": project.amount,
        "currency": project.amount_currency,
    }
