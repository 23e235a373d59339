"""The board of projects: columns of cards, and the move of a card through the gates."""

from collections.abc import Collection
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openpsm.core.dates import today
from openpsm.core.errors import DomainError
from openpsm.core.money import format_amount
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.process.queries import ProcessDefinition, StageDefinition
from openpsm.projects import operations, queries
from openpsm.projects.models import Project
from openpsm.projects.operations import GateBlocked
from openpsm.projects.queries import board as boards
from openpsm.projects.queries.board import Card, Column
from openpsm.projects.queries.totals import Sums
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.board import BoardFilter
from openpsm.web.forms.projects import posted_version
from openpsm.web.masks import fill
from openpsm.web.views.projects import frame, narrowing, overview


@page()
def board(request: UserRequest) -> HttpResponse:
    """Show the columns with their sums and first cards (at most 10 queries with the frame's)."""
    form = BoardFilter(request.user, request.GET)
    chosen, process = form.chosen(), request.GET.get("process", "")
    found = boards.board_of(request.user, chosen, at=timezone.now(), process=process)
    context = {
        "title": _("Board"),
        "form": form,
        "chips": narrowing.chips(request, form),
        "columns": _shown(found.columns, request.user),
        "processes": [(one.title, narrowing.address(request, process=one.key)) for one in found.processes],
        "process": found.process,
        "query": request.GET.urlencode(),
        "kept": [("process", process)] if process else [],
        "swap": False,
        "is_empty": not any(column.cards for column in found.columns),
    }
    return render(request, "projects/board.html", context)


@page()
def more(request: UserRequest, key: str) -> HttpResponse:
    """Show the next cards of a column."""
    form = BoardFilter(request.user, request.GET)
    given = request.GET.get("after", "")
    after = int(given) if given.isdecimal() and len(given) <= 18 else 0
    process = request.GET.get("process", "")
    cards, rest = boards.more_cards(
        request.user, form.chosen(), stage=key, after=after, at=timezone.now(), process=process
    )
    filled = fill("projects/_card.html", [_card(card, request.user) for card in cards])
    context = {"key": key, "cards": filled, "more": rest, "query": _query(request)}
    return render(request, "projects/_board_more.html", context)


def _query(request: UserRequest) -> str:
    kept = narrowing.given(request).copy()
    kept.pop("after", None)
    return kept.urlencode()


def _shown(columns: Collection[Column], user: User) -> list[dict[str, Any]]:
    """Return ready values for `projects/_column.html`."""
    return [
        {
            "key": column.stage.key,
            "title": column.stage.title,
            "position": column.stage.position,
            "count": column.sums.count,
            "money": _money(column.sums, user),
            "stalled": column.sums.stalled,
            "stage_id": column.stage.id,
            "cards": fill("projects/_card.html", [_card(card, user) for card in column.cards]),
            "more": column.more,
        }
        for column in columns
    ]


def _money(sums: Sums, user: User) -> list[tuple[str, str]]:
    unit = user.amount_unit
    return [
        (format_amount(one.amount, one.currency, unit), format_amount(one.weighted, one.currency, unit))
        for one in sums.money
    ]


def _card(card: Card, user: User) -> dict[str, Any]:
    """Ready values for the mask `projects/_card.html`."""
    row = card.values
    held = sum(dot.is_held for dot in card.dots)
    days = ngettext("%(n)s day", "%(n)s days", card.days) % {"n": card.days}
    return {
        **row,
        "grade": _grade(row["grade"]),
        "amount": format_amount(row["amount"], row["amount_currency"], user.amount_unit),
        "probability": "" if row["possibility"] is None else f"{row['probability']}%",
        "days": days,
        "days_css": "is-amber" if card.days > card.expected_days else "psm-muted",
        "marks": _marks(row),
        "dots": format_html_join("", '<i class="{}" title="{}"></i>', _dots(card)),
        "held": _("%(held)s of %(all)s key nodes held") % {"held": held, "all": len(card.dots)},
        "next": _next(row),
        "move": _("Move “%(name)s” to another stage") % {"name": row["name"]},
    }


def _grade(grade: str) -> str:
    return format_html('<span class="psm-grade {0}"><span>{0}</span></span>', grade) if grade else ""


def _dots(card: Card) -> list[tuple[str, str]]:
    return [("is-on" if dot.is_held else "is-off", dot.title) for dot in card.dots]


def _marks(row: Any) -> str:
    marks = [("bg-yellow-lt", _("stalled"))] if row["is_stalled"] and row["outcome"] == "open" else []
    marks += [("bg-red-lt", "⚑ " + _("debts"))] if row["is_indebted"] else []
    return format_html_join("", '<span class="badge {}">{}</span>', marks)


def _next(row: Any) -> str:
    if not row["next_step"]:
        return format_html('<span class="is-missing">{}</span>', _("no next step"))
    day = row["next_on"]
    css = "is-debt" if day and day < today(timezone.now()) else "psm-muted"
    when = format_html(' <span class="{}">{}</span>', css, day.strftime("%m-%d")) if day else ""
    return format_html("{}{}", row["next_step"], when)


@page(methods=("GET", "POST"))
def move(request: UserRequest, pk: int) -> HttpResponse:
    """Ask where to, or move: through every gate on the way, or back with a reason."""
    project = frame.find(request, pk)
    if request.method == "POST":
        return _moved(request, project)
    return _ask(request, project, request.GET.get("stage", ""))


def _ask(
    request: UserRequest, project: Project, key: str, *, error: str = "", blocked: GateBlocked | None = None
) -> HttpResponse:
    """Show the stages to choose from, or what keeps the project in its own; in the board's dialog or on a page."""
    process = queries.process_of(project)
    chosen = process.stage_called(key)
    here = process.stage(project.stage_id)
    context = {
        "title": _("Move to another stage"),
        "project": project,
        "stages": process.stages,
        "here": here,
        "chosen": chosen,
        "is_back": chosen is not None and chosen.position < here.position,
        "error": error,
        "gate": _gate(project, blocked) if blocked else None,
        "can_override": blocked is not None and overview.can_override(request, project),
        "columns": [],
        "query": "",
        "crumbs": [
            (_("Board"), reverse("web:project-board")),
            (project.name, reverse("web:project-detail", args=[project.pk])),
        ],
    }
    if blocked and blocked.passed and request.htmx:  # it has moved, though not all the way
        context |= _columns(request, {_stage_before(process, blocked), here.key})
    template = "projects/_move.html" if request.htmx else "projects/move.html"
    return render(request, template, context, status=409 if error else 200)


def _gate(project: Project, blocked: GateBlocked) -> dict[str, Any]:
    """What is missing, each with the place where it is mended."""
    missing = [overview.ShownNode(node, overview.place_of(project, node)) for node in blocked.missing]
    return {"stage": blocked.stage, "missing": missing}


def _stage_before(process: ProcessDefinition, blocked: GateBlocked) -> str:
    """The stage in which the project stood before it passed some gates and met a closed one."""
    place = process.stages.index(blocked.stage) - blocked.passed
    return process.stages[place].key


def _moved(request: UserRequest, project: Project) -> HttpResponse:
    process, key = queries.process_of(project), request.POST.get("stage", "")
    old, target = process.stage(project.stage_id), process.stage_called(key)
    if target is None:
        raise Http404
    try:
        moved = _operation(request, project, old, target)
    except GateBlocked as error:
        return _ask(request, frame.find(request, project.pk), key, error=str(error), blocked=error)
    except DomainError as error:
        return _ask(request, project, key, error=str(error))
    if not request.htmx:
        return redirect("web:project-detail", project.pk)
    return _answer(request, moved, old, process.stage(moved.stage_id))


def _operation(request: UserRequest, project: Project, old: StageDefinition, target: StageDefinition) -> Project:
    call: dict[str, Any] = {"project_id": project.pk, "by": request.user, "at": timezone.now()}
    call["version"] = posted_version(request)
    reason = request.POST.get("reason", "")
    if target.position < old.position:
        return operations.go_back(stage_key=target.key, reason=reason, **call)
    if override := request.POST.get("override_reason", ""):
        return operations.advance_stage(override_reason=override, **call)
    return operations.advance_towards(stage_key=target.key, **call)


def _answer(request: UserRequest, project: Project, old: StageDefinition, new: StageDefinition) -> HttpResponse:
    """Send the two columns as they are now, and the way back where there is one without a decision."""
    is_plain = not request.POST.get("override_reason") and new.position > old.position
    context = {
        **_columns(request, {old.key, new.key}),
        "project": project,
        "old": old,
        "new": new,
        "can_undo": is_plain and access.can(request.user, Permission.PROJECT_ADVANCE, on=project),
        "undo_reason": _("Taken back right after the move"),
    }
    answer = render(request, "projects/_moved.html", context)
    answer["HX-Trigger-After-Settle"] = "board:moved"
    return answer


def _columns(request: UserRequest, stages: set[str]) -> dict[str, Any]:
    """Return these columns of the board that asks, as they are now."""
    kept = narrowing.given(request)
    chosen, process = BoardFilter(request.user, kept).chosen(), kept.get("process", "")
    found = boards.board_of(request.user, chosen, at=timezone.now(), process=process, stages=stages)
    return {"columns": _shown(found.columns, request.user), "query": kept.urlencode()}
