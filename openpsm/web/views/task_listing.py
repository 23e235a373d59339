"""The list of tasks: one's own, those one has opened, and those of the people one manages."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from openpsm.org.models import Task, User
from openpsm.org.operations import reassign_task
from openpsm.org.operations.bulk import SAME
from openpsm.org.querysets import OPEN
from openpsm.projects.models import Project
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.pickers import PickerField
from openpsm.web.lists import groups
from openpsm.web.lists.bulk import Action
from openpsm.web.lists.declaration import NOTHING, Column, Group, Listing, Reader, Row, day_of, link
from openpsm.web.lists.filters import ChoiceFilter, DayFilter, FlagFilter, PickedFilter, choices_of, mine, search
from openpsm.web.lists.page import show

STATES = (
    ("open", pgettext_lazy("task", "open")),
    ("done", _("done")),
    ("dropped", _("dropped")),
)


def _state_key(row: Row) -> str:
    return "done" if row["done_at"] else "dropped" if row["dropped_at"] else "open"


def _state(row: Row, _reader: Reader) -> Any:
    key = _state_key(row)
    if key == "open":
        return format_html('<span class="is-missing">○ {}</span>', pgettext("task", "open"))
    return format_html('<span class="is-held">✓ {}</span>', _t("done")) if key == "done" else _t("dropped")


def _due(row: Row, reader: Reader) -> Any:
    due = row["due_on"]
    if due and due < reader.on and _state_key(row) == "open":
        return format_html('<span class="is-debt">{} ⚑</span>', due)
    return due or NOTHING


def _in_state(rows: Any, value: list[str], _user: User) -> Any:
    asked = {"open": OPEN, "done": Q(done_at__isnull=False), "dropped": Q(dropped_at__isnull=False)}
    condition = asked[value[0]]
    for one in value[1:]:
        condition |= asked[one]
    return rows.filter(condition)


def _open_ones(rows: Any, _value: Any, _user: User) -> Any:
    return rows.open()


def _prepare(rows: list[Row], reader: Reader) -> list[Row]:
    """Name the projects that the reader sees (1 query)."""
    wanted = {row["project_id"] for row in rows if row.get("project_id")}
    if wanted:
        names = dict(Project.objects.visible_to(reader.user).filter(pk__in=wanted).values_list("pk", "name"))
        for row in rows:
            row["project_name"] = names.get(row["project_id"], "")
    return rows


def _project(row: Row, _reader: Reader) -> Any:
    if not row.get("project_name"):
        return NOTHING
    return format_html('<a class="text-reset" href="/projects/{}">{}</a>', row["project_id"], row["project_name"])


def _reassign(pk: int, values: dict[str, Any], by: User, at: datetime) -> Any:
    old = Task.objects.visible_to(by).values_list("owner_id", flat=True).get(pk=pk)
    if old == values["owner"]:
        return SAME
    reassign_task(task_id=pk, version=None, owner_id=values["owner"], by=by, at=at)
    return {"owner": old}


def _back(pk: int, kept: dict[str, Any], by: User, at: datetime) -> Any:
    reassign_task(task_id=pk, version=None, owner_id=kept["owner"], by=by, at=at)


TASKS = Listing(
    key="tasks",
    title=_("Tasks"),
    model=Task,
    url="/tasks",
    home="/tasks/{pk}",
    rows=lambda user: Task.objects.visible_to(user),
    columns=(
        Column("title", _("What to do"), cell=link("/tasks/{pk}", "title")),
        Column("due_on", _("Due on"), ("due_on", "done_at", "dropped_at"), _due, sort="due"),
        Column("owner", _("Who does it"), ("owner__name",)),
        Column(
            "state",
            _("State"),
            ("done_at", "dropped_at"),
            _state,
            lambda row, _reader: str(dict(STATES)[_state_key(row)]),
        ),
        Column("project", _("Project"), ("project_id",), _project, lambda row, _r: row.get("project_name") or None),
        Column("created_by", _("Opened by"), ("created_by__name",), is_default=False),
        Column("result", _("What came of it"), is_default=False),
        Column("created_at", _("Created on"), plain=day_of("created_at"), is_default=False),
    ),
    sorts={"due": "due_on?", "created": "id"},
    default_sort="due",
    filters=(
        search(_("What to do"), lambda rows, value, _user: rows.filter(title__icontains=value), "title"),
        mine(_("My tasks")),
        FlagFilter("open", _("Open ones"), "done_at", _open_ones, True),
        ChoiceFilter("state", _("State"), "done_at", _in_state, choices=choices_of(STATES)),
        DayFilter("due_on", _("Due on")),
        PickedFilter("owner", _("Who does it"), source="people"),
    ),
    groups=(Group("owner", _("Who does it"), "owner_id", "owner", groups.people),),
    actions=(
        Action(
            "owner",
            _("Hand over to somebody else"),
            None,
            lambda: {"owner": PickerField("people", label=_("Who does it"))},
            _reassign,
            _back,
        ),
    ),
    prepare=_prepare,
    empty={
        "icon": "clipboard-check",
        "title": _("No task yet"),
        "text": _("A task says what one person does by a day. Open one for yourself or for a colleague."),
        "url": "/tasks/new",
        "action": _("Add the task"),
    },
    primary=lambda _user: (_("New task"), reverse("web:task-new")),
)


@page()
def task_list(request: UserRequest) -> HttpResponse:
    """Tasks by their day, those without a day last."""
    return show(request, TASKS)
