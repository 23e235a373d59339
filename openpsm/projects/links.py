"""What becomes of this package's references to users and accounts.

Who judged, confirmed or reported stays: that is history. What is owned, worked on or bought moves.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Account
from openpsm.core import events, links
from openpsm.core.errors import InvalidInput
from openpsm.core.events import EventRow
from openpsm.core.locks import lock_rows
from openpsm.org.models import User
from openpsm.projects.models import Party, Project, ProjectMember, TeamRole
from openpsm.projects.operations.totals import count_projects


def _owned(user: User) -> QuerySet[Project]:
    return Project.objects.live().filter(owner=user).order_by("pk")


def _chosen(rows: QuerySet[Any], name: str, project_ids: Collection[int] | None) -> QuerySet[Any]:
    return rows if project_ids is None else rows.filter(**{f"{name}__in": project_ids})


def _give_projects(
    *, old: User, new: User, by: User | None, at: datetime, project_ids: Collection[int] | None = None, **_scope: Any
) -> int:
    """Hand over projects, all or these, open or not, with the owner's seat; they come to the receiver's department."""
    if new.department is None:
        raise InvalidInput({"owner": _("%(name)s does not belong to a department.") % {"name": new}})
    lock_rows(Project, list(_chosen(_owned(old), "pk", project_ids).values_list("pk", flat=True)))
    projects = list(_chosen(_owned(old), "pk", project_ids))
    ProjectMember.objects.filter(project__in=projects, user__in=[old, new]).delete()
    ProjectMember.objects.bulk_create(ProjectMember(project=one, user=new, role=TeamRole.OWNER) for one in projects)
    rows = Project.objects.filter(pk__in=[one.pk for one in projects])
    rows.update(owner=new, department=new.department, version=F("version") + 1, updated_at=at)
    for one in projects:
        one.owner, one.department = new, new.department
    count_projects(projects)
    data = {"old": old.pk, "new": new.pk, "reason": "", "old_owner_role": None}
    events.record_many("project.owner_changed", [EventRow(one, data=data) for one in projects], by=by, at=at)
    return len(projects)


def _seats(user: User) -> QuerySet[ProjectMember]:
    rows = ProjectMember.objects.filter(user=user, project__deleted_at=None).exclude(role=TeamRole.OWNER)
    return rows.select_related("project")


def _give_seats(
    *, old: User, new: User, by: User | None, at: datetime, project_ids: Collection[int] | None = None, **_scope: Any
) -> int:
    """Hand over parts in teams; where the receiver has one already, the old one is given up."""
    seats = list(_chosen(_seats(old), "project_id", project_ids))
    taken = set(ProjectMember.objects.filter(user=new).values_list("project_id", flat=True))
    moved = [seat for seat in seats if seat.project_id not in taken]
    ProjectMember.objects.filter(pk__in=[seat.pk for seat in seats if seat.project_id in taken]).delete()
    ProjectMember.objects.filter(pk__in=[seat.pk for seat in moved]).update(user=new)
    rows = [EventRow(seat.project, data={"user": old.pk, "old": seat.role, "new": None}) for seat in seats]
    rows += [EventRow(seat.project, data={"user": new.pk, "old": None, "new": seat.role}) for seat in moved]
    events.record_many("project.team_changed", rows, by=by, at=at)
    return len(moved)


def _bought_by(target: Account) -> QuerySet[Project]:
    return Project.objects.live().filter(account=target)


def _move_projects(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    """Those in the recycle bin too: they may come back."""
    rows = Project.objects.filter(account=gone)
    return rows.update(account=kept, version=F("version") + 1, updated_at=at)


def _move_parties(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    """Where both have the same part in a project, one row is enough."""
    there = set(Party.objects.filter(account=kept).values_list("project_id", "role"))
    double = [row.pk for row in Party.objects.filter(account=gone) if (row.project_id, row.role) in there]
    Party.objects.filter(pk__in=double).delete()
    return Party.objects.filter(account=gone).update(account=kept)


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    user, account = "org.user", "accounts.account"
    links.declare(Project, "owner", target=user, label=_("projects owned"), move=_give_projects, listing=_owned)
    links.declare(ProjectMember, "user", target=user, label=_("projects worked on"), move=_give_seats, listing=_seats)
    for model, field, label in (
        ("projects.gatereview", "by", _("gate reviews")),
        ("projects.confirmation", "by", _("confirmations")),
        ("projects.confirmation", "withdrawn_by", _("confirmations withdrawn")),
        ("projects.closingreport", "by", _("closing reports")),
    ):
        links.declare(model, field, target=user, label=label)
    projects = _("projects of the customer")
    links.declare(Project, "account", target=account, label=projects, merge=_move_projects, listing=_bought_by)
    links.declare(Party, "account", target=account, label=_("parts in projects"), merge=_move_parties)
