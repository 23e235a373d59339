"""Changing what is known of a project: its fields, the customer's step, grade, contact level, parties, products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.catalog.models import Product
from openpsm.core import custom, events
from openpsm.core.dates import today
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.money import QuantityField
from openpsm.org.access import require_supervision
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects import queries
from openpsm.projects.models import Party, PartyRole, Project, ProjectProduct
from openpsm.projects.operations import fields as checks
from openpsm.projects.operations import grams
from openpsm.projects.operations.facts import save_with_facts
from openpsm.projects.operations.records import changes_between, locked, require_open, require_reason, save

GRADES = ("A", "B", "C", "D")


def update_project(
    *, project_id: int, changes: Mapping[str, Any], by: User, at: datetime, version: int | None = None
) -> Project:
    """Change fields of a project (`fields.EDITABLE` and `custom`); nothing changed leaves nothing behind.

    A new possibility needs its reason, a new attitude of the boss its source. Probability, grade and kept facts
    follow. Raises InvalidInput, NotAllowed, Stale. At most 9 statements, 3 more
    with another grade, and 1 per provider of facts.
    """
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_EDIT, version=version)
        before = {name: getattr(project, name) for name in (*checks.EDITABLE, "custom")}
        after = _checked(changes, before)
        changed = changes_between(before, after)
        if not changed:
            return project
        for name in changed:
            setattr(project, name, after[name])
        _change(project, list(changed), by=by, at=at)
        events.record("project.updated", subject=project, by=by, at=at, changes=changed)
    return project


def _checked(changes: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(changes)
    values = given.pop("custom", None)
    if unknown := sorted(given.keys() - set(checks.EDITABLE)):
        raise InvalidInput({name: _("This field cannot be changed here.") for name in unknown})
    after, errors = checks.clean(given, before=before)
    if errors:
        raise InvalidInput(errors)
    if values is not None:
        after["custom"] = custom.clean(Project, values, existing=before["custom"])
    return after


def _change(project: Project, fields: list[str], *, by: User, at: datetime) -> None:
    """Save the fields and what follows from them: names to find it by, probability, grade, debts, kept facts."""
    if "name" in fields:
        keys = checks.name_keys(project.name)
        for name, value in keys.items():
            setattr(project, name, value)
        fields = [*fields, *keys]
        grams.rewrite(project)
    save_with_facts(project, fields, by=by, at=at)


def state_possibility(
    *, project_id: int, value: int, reason: str, by: User, at: datetime, version: int | None = None
) -> Project:
    """State the chance in percent with the reason for it."""
    changes = {"possibility": value, "possibility_reason": reason}
    return update_project(project_id=project_id, changes=changes, by=by, at=at, version=version)


def set_procurement_step(
    *, project_id: int, step_key: str, source: str, on: date, by: User, at: datetime, version: int | None = None
) -> Project:
    """State how far the customer's own purchase has come, since when, and who says so."""
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_EDIT, version=version)
        require_open(project)
        step = queries.process_of(project).step_called(step_key)
        if step is None:
            raise InvalidInput({"step_key": _("There is no such step.")})
        if on > today(at):
            raise InvalidInput({"on": _("This day has not come yet.")})
        old = project.step.key if project.step else ""
        project.step_id, project.step_on = step.id, on
        project.step_source = require_reason(source, field="source")[:200]
        save(project, ["step", "step_on", "step_source"], at=at)
        data: dict[str, Any] = {"old": old, "new": step.key, "on": on, "source": project.step_source}
        events.record("project.step_stated", subject=project, by=by, at=at, **data)
    return project


def pin_grade(
    *, project_id: int, grade: str, reason: str, by: User, at: datetime, version: int | None = None
) -> Project:
    """Fix the grade with a reason until it is unpinned: for those above the project, never for its owner."""
    if grade not in GRADES:
        raise InvalidInput({"grade": _("A grade is A, B, C or D.")})
    return _pin(project_id, grade, require_reason(reason)[:300], by=by, at=at, version=version)


def unpin_grade(*, project_id: int, by: User, at: datetime, version: int | None = None) -> Project:
    """Let the grade be computed again."""
    return _pin(project_id, "", "", by=by, at=at, version=version)


def _pin(project_id: int, grade: str, reason: str, *, by: User, at: datetime, version: int | None) -> Project:
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.GRADE_PIN, version=version)
        require_supervision(by, Permission.GRADE_PIN, on=project)
        old, project.is_grade_pinned, project.grade_reason = project.grade, bool(grade), reason
        project.grade = grade or project.grade
        _change(project, ["is_grade_pinned", "grade_reason"], by=by, at=at)
        name = "project.grade_pinned" if grade else "project.grade_unpinned"
        events.record(name, subject=project, by=by, at=at, old=old, new=project.grade, reason=reason)
    return project


def lower_contact(*, project_id: int, reason: str, by: User, at: datetime, version: int | None = None) -> Project:
    """Lower the contact level of a project that is kept without being worked on."""
    return _set_contact(project_id, True, require_reason(reason), by=by, at=at, version=version)


def raise_contact(*, project_id: int, reason: str, by: User, at: datetime, version: int | None = None) -> Project:
    """Work on the project with full effort again."""
    return _set_contact(project_id, False, require_reason(reason), by=by, at=at, version=version)


def _set_contact(
    project_id: int, is_lowered: bool, reason: str, *, by: User, at: datetime, version: int | None
) -> Project:
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_EDIT, version=version)
        require_open(project)
        if project.is_contact_lowered == is_lowered:
            raise DomainError(_("The contact level is like this already."), code="unchanged")
        project.is_contact_lowered = is_lowered
        save(project, ["is_contact_lowered"], at=at)
        name = "project.contact_lowered" if is_lowered else "project.contact_raised"
        events.record(name, subject=project, by=by, at=at, reason=reason)
    return project


def set_party(
    *, project_id: int, account_id: int, role: str, by: User, at: datetime, note: str = "", version: int | None = None
) -> Party:
    """Give a visible account a part in the project; the same part again changes only the note."""
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_EDIT, version=version)
        if role not in PartyRole.values:
            raise InvalidInput({"role": _("There is no such part.")})
        account = Account.objects.visible_to(by).filter(pk=account_id).first()
        if account is None:
            raise InvalidInput({"account": _("There is no such account.")})
        values = {"note": note.strip()[:200]}
        party, _is_new = Party.objects.update_or_create(project=project, account=account, role=role, defaults=values)
        save(project, [], at=at)
        events.record(
            "project.party_set", subject=project, by=by, at=at, account=account_id, role=role, note=party.note
        )
    return party


def remove_party(
    *, project_id: int, account_id: int, role: str, by: User, at: datetime, version: int | None = None
) -> Project:
    """Take a part in the project away; the customer's last part stays."""
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_EDIT, version=version)
        parts = Party.objects.filter(project=project, account_id=account_id)
        roles = set(parts.values_list("role", flat=True))
        if role not in roles:
            raise InvalidInput({"role": _("This account has no such part.")})
        if account_id == project.account_id and len(roles) == 1:
            raise DomainError(_("The customer always has a part in the project."), code="customer-is-party")
        parts.filter(role=role).delete()
        save(project, [], at=at)
        events.record("project.party_removed", subject=project, by=by, at=at, account=account_id, role=role)
    return project


def set_products(
    *,
    project_id: int,
    products: Sequence[tuple[int, Decimal | None]],
    by: User,
    at: datetime,
    version: int | None = None,
) -> Project:
    """Replace the list of products the customer may buy: (product id, quantity or None)."""
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_EDIT, version=version)
        wanted = _quantities(products)
        known = dict(ProjectProduct.objects.filter(project=project).values_list("product_id", "quantity"))
        on_sale = Product.objects.filter(pk__in=wanted.keys() - known.keys(), is_active=True)
        if len(on_sale) != len(wanted.keys() - known.keys()):
            raise InvalidInput({"products": _("There is no such product on sale.")})
        if wanted == known:
            return project
        ProjectProduct.objects.filter(project=project).delete()
        rows = [ProjectProduct(project=project, product_id=pk, quantity=number) for pk, number in wanted.items()]
        ProjectProduct.objects.bulk_create(rows)
        save(project, [], at=at)
        data: dict[str, Any] = {"old": _listed(known), "new": _listed(wanted)}
        events.record("project.products_set", subject=project, by=by, at=at, **data)
    return project


def _quantities(products: Sequence[tuple[int, Decimal | None]]) -> dict[int, Decimal | None]:
    try:
        return {pk: QuantityField().to_python(quantity) for pk, quantity in products}
    except ValidationError as refused:
        raise InvalidInput({"products": refused.messages}) from None


def _listed(quantities: Mapping[int, Decimal | None]) -> list[list[Any]]:
    return [[pk, quantity] for pk, quantity in sorted(quantities.items())]
