"""What stands at the head of every page of a project: figures, the two tracks, debts, actions, tabs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openpsm.core.dates import today
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects import queries
from openpsm.projects.models import Outcome, Project
from openpsm.projects.queries import Tracks
from openpsm.web.access import UserRequest
from openpsm.web.lists import neighbours

TABS = (
    ("overview", "project-detail"),
    ("people", "project-people"),
    ("intelligence", "project-intelligence"),
    ("competition", "project-competition"),
    ("evaluation", "project-evaluation"),
    ("timeline", "project-timeline"),
    ("comments", "project-comments"),
    ("files", "project-files"),
    ("history", "project-history"),
)

#: Where each `place` of a key node is mended.
PLACES = {
    "evaluation": "project-evaluation",
    "intelligence": "project-intelligence",
    "people": "project-people",
    "criteria": "project-competition",
    "competition": "project-competition",
    "activities": "project-timeline",
    "documents": "project-files",
    "overview": "project-edit",
}


@dataclass(frozen=True)
class Mark:
    """A step or stage on its track."""

    key: str
    name: str
    position: int
    is_here: bool
    is_done: bool


@dataclass(frozen=True)
class Head:
    """Ready values for `projects/_head.html`."""

    steps: list[Mark]
    stages: list[Mark]
    tracks: Tracks
    position_text: str
    stage_days: int
    expected_days: int
    days_to_tender: int | None
    open_debts: list[queries.OpenDebt]
    team_others: int
    can_advance_button: bool
    actions: list[tuple[str, str, str]]


def find(request: UserRequest, pk: int) -> Project:
    """Return the visible project with what its head shows joined (1 query), else raise 404."""
    joined = ("account", "owner", "department", "kept_facts")
    project: Project = get_object_or_404(Project.objects.visible_to(request.user).select_related(*joined), pk=pk)
    return project


def context(request: UserRequest, project: Project, tab: str) -> dict[str, Any]:
    """Return what `projects/base.html` needs (3 queries beside the frame's, 1 more within a list)."""
    now = timezone.now()
    facts = queries.kept_values(project)
    members = list(queries.team(project))
    is_related = _is_related(request.user, project, members)
    around = neighbours.around(request, project)
    on = around.carried if around else ""
    return {
        "project": project,
        "head": _head(request.user, project, facts, members, is_related, now),
        "tab": tab,
        "tabs": [(key, _tab_label(key), reverse(f"web:{name}", args=[project.pk]) + on, 0) for key, name in TABS],
        "facts": facts,
        "members": members,
        "can_edit": is_related and _may(request.user, Permission.PROJECT_EDIT, project),
        "title": project.name,
        "neighbours": around,
    }


def _tab_label(key: str) -> str:
    return {
        "overview": _("Overview"),
        "people": _("People"),
        "intelligence": _("Intelligence"),
        "competition": _("Rivals and criteria"),
        "evaluation": _("Evaluation"),
        "timeline": _("Timeline"),
        "comments": _("Comments"),
        "files": _("Files"),
        "history": _("History"),
    }[key]


def _may(user: User, permission: Permission, project: Project) -> bool:
    path = access.department_path(project)
    return access.reach(user).holds(permission, path=path, project_id=project.pk)


def _is_related(user: User, project: Project, members: list[Any]) -> bool:
    own, path = access.reach(user), access.department_path(project)
    above = own.manages(path) or own.holds(Permission.PROJECT_VIEW_ALL, path=path, project_id=project.pk)
    return above or any(member.user_id == user.pk for member in members)


def _head(
    user: User, project: Project, facts: dict[str, Any], members: list[Any], is_related: bool, now: datetime
) -> Head:
    tracks = queries.project_tracks(project, at=now, known=facts)
    process, on = queries.process_of(project), today(now)
    here = tracks.step.position if tracks.step else 0
    is_open = project.outcome in (Outcome.OPEN, Outcome.WON) and not project.is_finished
    return Head(
        steps=[Mark(s.key, s.title, s.position, s.position == here, s.position < here) for s in process.steps],
        stages=[
            Mark(s.key, s.title, s.position, s.id == project.stage_id, s.position < tracks.stage.position)
            for s in process.stages
        ],
        tracks=tracks,
        position_text=_position(tracks),
        stage_days=(on - today(project.stage_entered_at)).days,
        expected_days=tracks.stage.expected_days,
        days_to_tender=(project.tender_on - on).days if project.tender_on else None,
        open_debts=queries.open_debts(project) if facts.get("project.debts") else [],
        team_others=len(members) - 1,
        can_advance_button=is_related and is_open and _may(user, Permission.PROJECT_ADVANCE, project),
        actions=_actions(user, project) if is_related else [],
    )


def _position(tracks: Tracks) -> str:
    if tracks.step is None:
        return _("The customer's step is not stated yet: click it above, with your source.")
    if tracks.position == "behind":
        text = ngettext(
            "We are %(n)s step behind the customer", "We are %(n)s steps behind the customer", tracks.steps_behind
        )
        return text % {"n": tracks.steps_behind}
    if tracks.position == "ahead":
        return _("We are ahead of the customer")
    return _("We are in step with the customer")


def _actions(user: User, project: Project) -> list[tuple[str, str, str]]:
    def at(name: str) -> str:
        return reverse(f"web:{name}", args=[project.pk])

    actions: list[tuple[str, str, str]] = []
    if _may(user, Permission.PROJECT_EDIT, project):
        actions += [
            (_("Edit"), at("project-edit"), "edit"),
            (_("Parties and products"), at("project-parties"), "sitemap"),
        ]
    if _may(user, Permission.PROJECT_TEAM, project):
        actions.append((_("Team"), at("project-team"), "users"))
    if _may(user, Permission.PROJECT_CLOSE, project):
        actions += _closing(project, at)
    if _may(user, Permission.GRADE_PIN, project):
        actions.append((_("Pin the grade"), at("project-grade"), "star"))
    if _may(user, Permission.PROJECT_DELETE, project):
        actions.append((_("Delete"), at("project-delete"), "trash"))
    return actions


def _closing(project: Project, at: Any) -> list[tuple[str, str, str]]:
    if project.outcome in (Outcome.LOST, Outcome.DROPPED):
        return [(_("Reopen"), at("project-reopen"), "refresh")]
    hold = (_("Resume"), at("project-resume"), "player-play") if project.is_on_hold else None
    rest = [
        (_("Won…"), at("project-win"), "trophy"),
        (_("Lost…"), at("project-lose"), "thumb-down"),
        (_("Drop…"), at("project-drop"), "x"),
        (_("Back to an earlier stage…"), at("project-back"), "arrow-back-up"),
    ]
    return [hold or (_("Put on hold…"), at("project-hold"), "player-pause"), *rest]
