"""A made-up large company, loaded fast: to measure with, and to try things at size. Nobody in it exists.

Rows go in beside the operations; what follows from them (keys, pairs of signs, marks, members, parties, facts) is
computed by the functions that the operations use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.accounts import rules
from openpsm.accounts.models import Account, AccountGram, AccountMark, AccountMember, Contact, Division, Industry
from openpsm.accounts.operations import keys
from openpsm.activities.models import Activity, ActivityKind, ActivityPerson
from openpsm.core import bulk, events, memo
from openpsm.core.dates import today
from openpsm.core.errors import DomainError
from openpsm.core.text import sort_key
from openpsm.exchange import seednames as names
from openpsm.exchange.seedparts import Part, Sizes, load_all, parts
from openpsm.org import operations as org
from openpsm.org.access import reach
from openpsm.org.models import Department, DepartmentManager, Role, RoleGrant, User
from openpsm.org.permissions import Permission
from openpsm.process import facts
from openpsm.process.queries import ProcessDefinition, StageDefinition, default_definition
from openpsm.projects.models import (
    DROP_REASONS,
    LOSE_REASONS,
    ClosingReport,
    Confirmation,
    GateReview,
    Outcome,
    Party,
    PartyRole,
    Project,
    ProjectMember,
    TeamRole,
)
from openpsm.projects.operations import grams
from openpsm.projects.operations.facts import asked, derive, keep_new
from openpsm.projects.operations.fields import name_keys
from openpsm.projects.operations.gates import due_on
from openpsm.projects.operations.totals import rebuild_totals
from openpsm.registrations.models import Registration
from openpsm.registrations.operations import protected_until, strict_key

BATCH = 1000
OUTCOMES = {Outcome.OPEN: 55, Outcome.WON: 12, Outcome.LOST: 18, Outcome.DROPPED: 15}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Context:
    """What every part needs: chance, the instant, who loads, where progress is told."""

    rng: Random
    at: datetime
    by: User
    tell: Callable[[str], object]

    def ago(self, days: int) -> datetime:
        return self.at - timedelta(days=self.rng.randrange(days), minutes=self.rng.randrange(1440))


def seed_load(
    *, sizes: Sizes, seed: int, by: User, at: datetime, tell: Callable[[str], object] = lambda _line: None
) -> None:
    """Fill an installation that has no account and no department yet; the same seed makes the same company.

    One event a kind of record stands for the single ones. Raises DomainError "not-empty", NotAllowed.
    """
    if Account.objects.exists() or Department.objects.exists():
        raise DomainError(_("Only an installation without departments and accounts can be filled."), code="not-empty")
    context = _Context(Random(seed), at, by, tell)  # noqa: S311 - made-up data
    sellers = _people(context, sizes)
    load_all(parts(sizes), lambda part: _load(replace(context, rng=Random(f"{seed}.{part.number}")), part, sellers))  # noqa: S311 - made-up data
    for what in ("accounts", "contacts", "projects", "activities"):
        _loaded(context, what, getattr(sizes, what))
    rebuild_totals()
    context.tell("totals kept")
    bulk.finish(Account, Contact, Project, Activity)


def _load(context: _Context, part: Part, sellers: Sequence[User]) -> None:
    """Load a part: its accounts, their contacts, then their projects with all that hangs on them, batch by batch."""
    with memo.ensured():
        accounts = _accounts(context, part, sellers)
        contacts = _contacts(context, part, accounts)
        _projects(context, part, accounts, contacts, sellers)


def _loaded(context: _Context, what: str, number: int) -> None:
    with transaction.atomic():
        events.record("seed.loaded", subject=context.by, by=context.by, at=context.at, what=what, number=number)
    context.tell(f"{number} {what}")


def _batches(rows: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch


# -- the company


def _people(context: _Context, sizes: Sizes) -> list[User]:
    """Make departments, staff and managers; return the sellers. Nobody has a password."""
    tree = _departments(context, sizes.departments)
    inner = {one.parent_id for one in tree}
    leaves = [one for one in tree if one.pk not in inner]
    managed = [one for one in tree if one.pk in inner][: max(1, sizes.users // 5)]
    places = [*managed, *(leaves[number % len(leaves)] for number in range(sizes.users - len(managed)))]
    users: list[User] = User.objects.bulk_create(
        _user(context, number, place) for number, place in enumerate(places, 1)
    )
    roles = {role.key: role for role in Role.objects.all()}
    keys_of = ["executive", *["sales-manager"] * (len(managed) - 1), *["seller"] * (len(users) - len(managed))]
    grants = zip(users, keys_of, strict=True)
    RoleGrant.objects.bulk_create(RoleGrant(user=user, role=roles[key], granted_at=context.at) for user, key in grants)
    heads = zip(managed, users, strict=False)
    DepartmentManager.objects.bulk_create(DepartmentManager(department=place, user=user) for place, user in heads)
    _loaded(context, "users", len(users))
    return users[len(managed) :]


def _departments(context: _Context, number: int) -> list[Department]:
    """A root, regions, offices and teams: four below each, level by level."""
    tree: list[Department] = []
    for index in range(number):
        above = tree[(index - 1) // 4] if index else None
        called = f"{names.CITIES[index % len(names.CITIES)]}{('公司', '大区', '办事处', '组')[min(3, _level(index))]}"
        parent_id = above.pk if above else None
        tree.append(org.create_department(name=called, parent_id=parent_id, by=context.by, at=context.at))
    return tree


def _level(index: int) -> int:
    return 0 if index == 0 else 1 + _level((index - 1) // 4)


def _user(context: _Context, number: int, place: Department) -> User:
    name = names.person(context.rng)
    user = User(username=f"u{number:03d}", name=name, sort_key=sort_key(name), department=place, created_at=context.at)
    user.set_unusable_password()
    return user


# -- customers


def _accounts(context: _Context, part: Part, sellers: Sequence[User]) -> list[Account]:
    divisions = list(Division.objects.filter(level=3).values_list("pk", flat=True)) or ["330106"]
    industries = list(Industry.objects.values_list("pk", flat=True)) or [""]
    fresh, new_ids = names.companies(context.rng, part.number, part.of), part.ids[Account]
    number = range(part.sizes.accounts)
    drafts = (_account(context, next(new_ids), next(fresh), sellers, divisions, industries) for _n in number)
    made: list[Account] = []
    for batch in _batches(drafts):
        owned = [row for row in batch if row.owner_id]
        with transaction.atomic():
            bulk.write(Account, map(vars, batch))
            bulk.write(AccountGram, ({"account_id": one.pk, "gram": gram} for one in batch for gram in _grams(one)))
            bulk.write(AccountMark, ({"account_id": one.pk, "mark": mark} for one in batch for mark in _marks(one)))
            links = ({"account_id": row.pk, "user_id": row.owner_id, "is_owner": True} for row in owned)
            bulk.write(AccountMember, links)
            bulk.write(Registration, (_claim(context, row) for row in owned))
        made += batch
    return made


def _names(account: Account) -> list[str]:
    return [name for name in (account.name, account.short_name) if name]


def _grams(account: Account) -> set[str]:
    return rules.grams(_names(account), account.uscc)


def _marks(account: Account) -> set[str]:
    found = rules.marks(names=_names(account), uscc=account.uscc, phones=[account.phone])
    return found.union(*map(rules.leading_marks, _names(account)), *map(rules.alias_marks, _names(account)[1:]))


def _account(
    context: _Context, pk: int, name: str, sellers: Sequence[User], divisions: Sequence[str], industries: Sequence[str]
) -> Account:
    rng = context.rng
    division, owner = rng.choice(divisions), rng.choice(sellers) if rng.random() > 0.03 else None
    account = Account(
        pk=pk,
        name=name,
        short_name=name[:4] if rng.random() < 0.3 else "",
        uscc=names.credit_code(rng, division) if rng.random() < 0.7 else "",
        region=division,
        industry=rng.choice(industries),
        phone=f"0571-{rng.randrange(10**8):08d}" if rng.random() < 0.5 else "",
        owner=owner,
        department=owner.department if owner else None,
        **_stamps(context, context.ago(1500)),
    )
    keys.derive(account, ())
    return account


def _claim(context: _Context, record: Account | Project) -> bulk.Row:
    is_project = isinstance(record, Project)
    return {
        "kind": Registration.Kind.PROJECT if is_project else Registration.Kind.ACCOUNT,
        "status": Registration.Status.LIVE,
        "name": record.name,
        "strict_key": strict_key(record),
        "account_id": record.account_id if isinstance(record, Project) else record.pk,
        "project_id": record.pk if is_project else None,
        "owner_id": record.owner_id,
        "registered_at": record.created_at,
        "protected_until": _protected_until(record.created_at),
        **_stamps(context, record.created_at),
    }


def _stamps(context: _Context, made_at: datetime) -> dict[str, Any]:
    return {"created_by_id": context.by.pk, "created_at": made_at, "updated_at": made_at}


def _protected_until(at: datetime) -> Any:
    day = today(at)
    return memo.remember(f"exchange.seedload.{day}", lambda: protected_until(at))


def _contacts(context: _Context, part: Part, accounts: Sequence[Account]) -> dict[int, int]:
    """Spread people over the accounts, the first few accounts known best; return one of them by account."""
    new_ids, found = part.ids[Contact], dict[int, int]()
    drafts = (_contact(context, next(new_ids), _skewed(context.rng, accounts)) for _n in range(part.sizes.contacts))
    for batch in _batches(drafts):
        with transaction.atomic():
            bulk.write(Contact, batch)
            bulk.write(AccountMark, (row for contact in batch for row in _contact_marks(contact)))
        found |= {row["account_id"]: row["id"] for row in batch}
    return found


def _contact_marks(contact: bulk.Row) -> list[bulk.Row]:
    found = rules.marks(phones=[contact["mobile"]])
    return [{"account_id": contact["account_id"], "contact_id": contact["id"], "mark": mark} for mark in found]


def _skewed(rng: Random, rows: Sequence[T]) -> T:
    """Choose a row, early ones more often: a few customers have very many projects, as in life."""
    return rows[int(len(rows) * rng.random() ** 2)]


def _contact(context: _Context, pk: int, account: Account) -> bulk.Row:
    name, rng = names.person(context.rng), context.rng
    return {
        "id": pk,
        "account_id": account.pk,
        "name": name,
        "sort_key": sort_key(name),
        "title": rng.choice(("设备部长", "采购经理", "总工程师", "设备工程师", "副总经理")),
        "mobile": names.mobile(rng),
        **_stamps(context, context.ago(900)),
    }


# -- projects


def _projects(
    context: _Context, part: Part, accounts: Sequence[Account], contacts: Mapping[int, int], sellers: Sequence[User]
) -> None:
    process, people = default_definition(), {user.pk: user for user in sellers}
    seen: dict[str, int] = {}
    new_ids, total, done = part.ids[Project], part.sizes.projects, 0
    drafts = (_project(context, next(new_ids), process, accounts, people, seen) for _n in range(total))
    for batch in _batches(drafts):
        derive(batch, answers={}, on=today(context.at))
        before, done = part.sizes.activities * done // total, done + len(batch)
        with transaction.atomic():
            bulk.write(Project, map(vars, batch))
            grams.write_new((one.pk, one.name) for one in batch)
            _write_parts(context, batch, process, sellers)
            _activities(context, part, part.sizes.activities * done // total - before, batch, contacts)
            _keep_facts(context, batch)
        if done % 25_000 == 0:
            context.tell(f"part {part.number + 1} of {part.of}: {done} of {total} projects")


def _project(
    context: _Context,
    pk: int,
    process: ProcessDefinition,
    accounts: Sequence[Account],
    people: Mapping[int, User],
    seen: dict[str, int],
) -> Project:
    rng, account = context.rng, _skewed(context.rng, accounts)
    owner = people[account.owner_id] if account.owner_id and rng.random() < 0.9 else rng.choice(list(people.values()))
    outcome = rng.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
    stage, entered = _stage(rng, process, outcome), context.ago(60 if outcome == Outcome.OPEN else 700)
    name = _unique(names.project(rng), account, seen)
    project = Project(
        pk=pk,
        name=name,
        **name_keys(name),
        account=account,
        owner=owner,
        department=owner.department,
        process_version_id=process.version_id,
        stage_id=stage.id,
        entry_stage_id=stage.id,
        stage_entered_at=entered,
        stage_due_on=due_on(stage, entered),
        outcome=outcome,
        outcome_at=None if outcome == Outcome.OPEN else entered,
        amount=int(10 ** rng.uniform(4, 7.5)),
        tender_on=today(context.at) + timedelta(days=rng.randrange(-90, 400)),
        order_on=today(context.at) + timedelta(days=rng.randrange(-30, 400)),
        possibility=rng.choice((None, 20, 40, 60, 80)),
        next_step=rng.choice(("", "约设备部长面谈", "送样品", "交技术方案")),
        **_stamps(context, entered - timedelta(days=rng.randrange(200))),
    )
    project.debt_count = project.debt_reviews = 0
    return project


def _stage(rng: Random, process: ProcessDefinition, outcome: str) -> StageDefinition:
    """Won projects stand behind the won gate, all others before it."""
    won_gate = next(stage.position for stage in process.stages if stage.is_won_gate)
    is_won = outcome == Outcome.WON
    return rng.choice([stage for stage in process.stages if (stage.position > won_gate) == is_won])


def _unique(name: str, account: Account, seen: dict[str, int]) -> str:
    """A customer's second project of the same name gets a number."""
    key = f"{account.pk}:{name}"
    seen[key] = seen.get(key, 0) + 1
    return name if seen[key] == 1 else f"{name}{seen[key]}号线"


def _write_parts(
    context: _Context, projects: Sequence[Project], process: ProcessDefinition, sellers: Sequence[User]
) -> None:
    rng = context.rng
    bulk.write(ProjectMember, (row for project in projects for row in _team(rng, project, sellers)))
    customers = ({"project_id": p.pk, "account_id": p.account_id, "role": PartyRole.OWNER} for p in projects)
    bulk.write(Party, customers)
    bulk.write(Registration, (_claim(context, project) for project in projects if project.outcome == Outcome.OPEN))
    bulk.write(GateReview, (_taken_over(context, project) for project in projects))
    bulk.write(Confirmation, (row for project in projects for row in _words(context, project, process)))
    ended = [project for project in projects if project.outcome in (Outcome.LOST, Outcome.DROPPED)]
    bulk.write(ClosingReport, (_report(context, project) for project in ended))


def _team(rng: Random, project: Project, sellers: Sequence[User]) -> list[bulk.Row]:
    found: list[bulk.Row] = [{"project_id": project.pk, "user_id": project.owner_id, "role": TeamRole.OWNER}]
    other = rng.choice(sellers)
    if rng.random() < 0.3 and other.pk != project.owner_id:
        found.append({"project_id": project.pk, "user_id": other.pk, "role": TeamRole.PRESALES})
    return found


def _taken_over(context: _Context, project: Project) -> bulk.Row:
    return {
        "project_id": project.pk,
        "stage_id": project.stage_id,
        "outcome": GateReview.Outcome.TAKEN_OVER,
        "source": "seed-load",
        "probability_before": project.probability,
        "probability_after": project.probability,
        "by_id": context.by.pk,
        "at": project.stage_entered_at,
    }


def _words(context: _Context, project: Project, process: ProcessDefinition) -> list[bulk.Row]:
    """Half of the open projects before the won gate have all that the gate asks stated, and wait for the click."""
    stage = process.stage(project.stage_id)
    if not stage.is_won_gate or project.outcome != Outcome.OPEN or context.rng.random() > 0.5:
        return []
    wanted = sorted({name for node in stage.key_nodes for name in node.facts} & facts.stated_facts())
    values = {"project_id": project.pk, "kind": Confirmation.Kind.FACT, "evidence": "合同扫描件已归档"}
    return [{**values, "key": key, "by_id": project.owner_id, "at": project.stage_entered_at} for key in wanted]


def _report(context: _Context, project: Project) -> bulk.Row:
    reasons = LOSE_REASONS if project.outcome == Outcome.LOST else DROP_REASONS
    values = {"project_id": project.pk, "outcome": project.outcome, "reason": context.rng.choice(sorted(reasons))}
    return {**values, "by_id": project.owner_id, "at": project.stage_entered_at}


# -- work


def _activities(
    context: _Context, part: Part, number: int, projects: Sequence[Project], contacts: Mapping[int, int]
) -> None:
    new_ids = part.ids[Activity]
    rows = [_activity(context, next(new_ids), context.rng.choice(projects)) for _index in range(number)]
    bulk.write(Activity, rows)
    met = [row for row in rows if row["account_id"] in contacts]
    bulk.write(ActivityPerson, ({"activity_id": row["id"], "contact_id": contacts[row["account_id"]]} for row in met))


def _activity(context: _Context, pk: int, project: Project) -> bulk.Row:
    rng, day = context.rng, today(context.ago(400))
    is_done = rng.random() < 0.8
    return {
        "id": pk,
        "account_id": project.account_id,
        "project_id": project.pk,
        "owner_id": project.owner_id,
        "department_id": project.department_id,
        "kind": rng.choice(ActivityKind.values),
        "state": Activity.State.DONE if is_done else Activity.State.PLANNED,
        "planned_on": day,
        "done_on": day if is_done else None,
        "purpose": "了解设备运行与换油周期",
        "result": "与客户确认方案、报价与招标时间," * rng.randint(1, 4) if is_done else "",
        "next_step": "一周内交技术方案" if is_done else "",
        **_stamps(context, context.ago(400)),
    }


def _keep_facts(context: _Context, batch: Sequence[Project]) -> None:
    """Ask the providers about projects just written and keep the answers, as every change of a project does."""
    answers = asked(batch, at=context.at)
    keep_new(batch, answers=answers, at=context.at)
    derive(batch, answers=answers, on=today(context.at))
    Project.objects.filter(pk__in=[one.pk for one in batch if one.is_stalled]).update(is_stalled=True)


def loader(users: Iterable[User]) -> User | None:
    """Return the first who may administer users everywhere: in whose name the company is loaded."""
    return next((user for user in users if reach(user).holds(Permission.USER_ADMIN)), None)
