"""Rivals in a project, and what the customer will judge by."""

from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Competitor
from openpsm.accounts.operations import ensure_competitor
from openpsm.buying.models import Contender, Criterion, Stakeholder
from openpsm.buying.operations.values import Changed, assign
from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.text import fold, is_placeholder
from openpsm.core.versions import bump, require_version
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects import operations as projects
from openpsm.projects.models import Project
from openpsm.projects.operations.records import locked


class ContenderValues(TypedDict, total=False):
    """A rival's positions (−2 we are far ahead … +2 they are far ahead, None unknown) and what else we know."""

    product: int | None
    price: int | None
    solution: int | None
    service: int | None
    relations: int | None
    rank: int | None
    is_registered_earlier: bool
    last_move: str
    note: str


class CriterionValues(TypedDict, total=False):
    """One purchase criterion; `our_fit` 0–5, `weight` in percent, None unknown."""

    text: str
    weight: int | None
    our_fit: int | None
    origin: str
    set_by_id: int | None
    is_shaped_by_us: bool
    is_knock_out: bool
    is_adopted: bool
    note: str


CONTENDER_FIELDS = frozenset(ContenderValues.__annotations__)
CRITERION_FIELDS = frozenset(CriterionValues.__annotations__)


def _project(project_id: int, by: User) -> Project:
    return locked(project_id, by=by, permission=Permission.PROJECT_EDIT)


def add_contender(
    *,
    project_id: int,
    by: User,
    at: datetime,
    competitor_id: int | None = None,
    competitor_name: str = "",
    **values: Unpack[ContenderValues],
) -> Contender:
    """Put a rival into the race, known by id or by name; an unheard-of name makes a new competitor.

    Raises InvalidInput, DomainError "contender-exists" for a rival who is in the list already.
    """
    with transaction.atomic():
        project = _project(project_id, by)
        competitor = _competitor(competitor_id, competitor_name, by=by, at=at)
        if Contender.objects.live().filter(project=project, competitor=competitor).exists():
            raise DomainError(_("This rival is in the list already."), code="contender-exists")
        contender = Contender(project=project, competitor=competitor, created_at=at, updated_at=at, created_by=by)
        changed = assign(contender, values, allowed=CONTENDER_FIELDS)
        contender.save()
        _finish("contender.added", contender, project, changed, by=by, at=at)
    return contender


def _competitor(competitor_id: int | None, name: str, *, by: User, at: datetime) -> Competitor:
    if competitor_id is None:
        try:
            return ensure_competitor(name=name, by=by, at=at)
        except InvalidInput as error:
            raise InvalidInput({"competitor_name": error.errors.get("name", [str(error)])}) from None
    found: Competitor | None = Competitor.objects.visible_to(by).filter(pk=competitor_id).first()
    if found is None:
        raise InvalidInput({"competitor_id": _("Choose a competitor from the list.")})
    return found


def update_contender(
    *, contender_id: int, version: int | None, by: User, at: datetime, **changes: Unpack[ContenderValues]
) -> Contender:
    """Change what we know of a rival. Raises Stale, InvalidInput, Contender.DoesNotExist."""
    with transaction.atomic():
        found = Contender.objects.visible_to(by).values_list("project_id", flat=True).get(pk=contender_id)
        project = _project(found, by)
        contender: Contender = Contender.objects.live().select_related("competitor").get(pk=contender_id)
        require_version(contender, version)
        changed = assign(contender, changes, allowed=CONTENDER_FIELDS)
        _save("contender.changed", contender, project, changed, by=by, at=at)
    return contender


def remove_contender(*, contender_id: int, version: int | None, by: User, at: datetime) -> Contender:
    """Take a rival out of the race."""
    with transaction.atomic():
        found = Contender.objects.visible_to(by).values_list("project_id", flat=True).get(pk=contender_id)
        project = _project(found, by)
        contender: Contender = Contender.objects.live().get(pk=contender_id)
        require_version(contender, version)
        _remove("contender.removed", contender, project, by=by, at=at)
    return contender


def add_criterion(*, project_id: int, by: User, at: datetime, **values: Unpack[CriterionValues]) -> Criterion:
    """Record what the customer will judge by. Raises InvalidInput, also for the same text twice."""
    with transaction.atomic():
        project = _project(project_id, by)
        criterion = Criterion(project=project, created_at=at, updated_at=at, created_by=by)
        changed = assign(criterion, {"text": "", **values}, allowed=CRITERION_FIELDS)
        _check_criterion(criterion, {"text", *changed})
        criterion.save()
        _finish("criterion.added", criterion, project, changed, by=by, at=at)
    return criterion


def _check_criterion(criterion: Criterion, names: set[str]) -> None:
    """Look at the text and at who set it, where they are new (a query each)."""
    if "text" in names and is_placeholder(criterion.text):
        raise InvalidInput({"text": _("Write what the customer will judge by.")})
    others = Criterion.objects.live().filter(project_id=criterion.project_id).exclude(pk=criterion.pk)
    if "text" in names and fold(criterion.text) in map(fold, others.values_list("text", flat=True)):
        raise InvalidInput({"text": _("This criterion is in the list already.")})
    if "set_by_id" in names and criterion.set_by_id and not _is_of_project(criterion.set_by_id, criterion.project_id):
        raise InvalidInput({"set_by_id": _("Choose somebody of this project.")})


def _is_of_project(stakeholder_id: int, project_id: int) -> bool:
    return Stakeholder.objects.live().filter(pk=stakeholder_id, project_id=project_id).exists()


def update_criterion(
    *, criterion_id: int, version: int | None, by: User, at: datetime, **changes: Unpack[CriterionValues]
) -> Criterion:
    """Change a criterion. Raises Stale, InvalidInput, Criterion.DoesNotExist."""
    with transaction.atomic():
        found = Criterion.objects.visible_to(by).values_list("project_id", flat=True).get(pk=criterion_id)
        project = _project(found, by)
        criterion: Criterion = Criterion.objects.live().get(pk=criterion_id)
        require_version(criterion, version)
        changed = assign(criterion, changes, allowed=CRITERION_FIELDS)
        _check_criterion(criterion, set(changed))
        _save("criterion.changed", criterion, project, changed, by=by, at=at)
    return criterion


def remove_criterion(*, criterion_id: int, version: int | None, by: User, at: datetime) -> Criterion:
    """Take a criterion out of the list."""
    with transaction.atomic():
        found = Criterion.objects.visible_to(by).values_list("project_id", flat=True).get(pk=criterion_id)
        project = _project(found, by)
        criterion: Criterion = Criterion.objects.live().get(pk=criterion_id)
        require_version(criterion, version)
        _remove("criterion.removed", criterion, project, by=by, at=at)
    return criterion


Row = Contender | Criterion


def _save(name: str, row: Row, project: Project, changed: Changed, *, by: User, at: datetime) -> None:
    if changed:
        bump(row, at=at)
        row.save()
        _finish(name, row, project, changed, by=by, at=at)


def _remove(name: str, row: Row, project: Project, *, by: User, at: datetime) -> None:
    row.removed_at = at
    row.save(update_fields=["removed_at", *bump(row, at=at)])
    _finish(name, row, project, {}, by=by, at=at)


def _finish(name: str, row: Row, project: Project, changed: Changed, *, by: User, at: datetime) -> None:
    projects.refresh_locked(projects=[project], at=at, by=by)
    data: dict[str, Any] = {"changed": changed}
    if isinstance(row, Contender):
        data["competitor"] = row.competitor_id
    events.record(name, subject=row, root=project, by=by, at=at, **data)
