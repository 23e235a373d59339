"""Is this a chance for us? The three first questions, the scored model, the decision."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.core.money import format_amount
from openpsm.core.text import localized
from openpsm.evaluation import operations, queries
from openpsm.evaluation.models import Evaluation
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.buying import DecideForm, EvaluationForm, QualifyForm
from openpsm.web.views.buying import records
from openpsm.web.views.projects import frame

TAB = "project-evaluation"


@page()
def evaluation(request: UserRequest, pk: int) -> HttpResponse:
    """The answers so far, the last score with its gaps, and the history."""
    project = frame.find(request, pk)
    context = frame.context(request, project, "evaluation")
    history = queries.history(pk, user=request.user)
    latest = history[0] if history else None
    context |= {
        "qualification": queries.qualification(pk, user=request.user),
        "history": history,
        "latest": latest,
        "latest_result": queries.result(latest) if latest else None,
        "answers": _answers(latest) if latest else [],
        "knock_outs": _names(latest, latest.knock_outs) if latest else [],
        "effort": queries.effort(project.kept_facts.answers if hasattr(project, "kept_facts") else {}),
    }
    return render(request, "buying/evaluation.html", context)


def _answers(row: Evaluation) -> list[dict[str, Any]]:
    """The wording chosen for each factor, in the model's order."""
    shown = []
    for factor in row.model_version.content["factors"]:
        level = row.answers.get(factor["key"])
        texts = {each["level"]: localized(each["text"]) for each in factor["levels"]}
        shown.append(
            {
                "name": localized(factor["name"]),
                "level": level,
                "text": texts.get(level, ""),
                "weight": factor["weight"],
            }
        )
    return shown


def _names(row: Evaluation, keys: list[str]) -> list[str]:
    content = row.model_version.content
    known = {
        each["key"]: localized(each["name"]) for each in (*content["factors"], *content.get("hard_conditions", ()))
    }
    return [known.get(key, key) for key in keys]


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def qualify(request: UserRequest, pk: int) -> HttpResponse:
    """Answer the three first questions."""
    project = frame.find(request, pk)
    known = queries.qualification(pk, user=request.user)
    words = {True: "yes", False: "no", None: ""}
    initial: dict[str, Any] = {}
    if known:
        initial = {name: words[getattr(known, name)] for name in ("has_need", "can_pay", "has_good_name")}
        initial |= {"note": known.note, "version": known.version}
    form = QualifyForm(request.POST or None, initial=initial)

    def call(given: dict[str, Any]) -> object:
        return operations.qualify(project_id=pk, by=request.user, at=timezone.now(), **given)

    intro = _("Three times yes makes a qualified prospect. Unknown is an answer too.")
    return records.edit(request, project, form, call, title=_("Three first questions"), back=TAB, intro=intro)


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def evaluate(request: UserRequest, pk: int) -> HttpResponse:
    """Score the project by the model; what is unknown stays unknown and counts as a gap."""
    project = frame.find(request, pk)
    content = queries.latest_version().content
    initial = {}
    for row in queries.history(pk, user=request.user)[:1]:
        initial = {f"factor_{key}": level for key, level in row.answers.items()}
        initial |= {f"hard_{key}": {True: "yes", False: "no"}.get(held, "") for key, held in row.hard.items()}
    form = EvaluationForm(request.POST or None, content=content, initial=initial)

    def call(_given: dict[str, Any]) -> object:
        now = timezone.now()
        return operations.evaluate(project_id=pk, answers=form.answers(), hard=form.hard(), by=request.user, at=now)

    intro = _("Choose the sentence that is true today. The pass mark is %(mark)s of 100.") % {
        "mark": content["pass_mark"]
    }
    return records.edit(request, project, form, call, title=_("Evaluate the project"), back=TAB, intro=intro)


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def decide(request: UserRequest, pk: int, evaluation_id: int) -> HttpResponse:
    """Draw the conclusion: go on, lower the contact level, or drop, with the effort so far in sight."""
    project = frame.find(request, pk)
    row = get_object_or_404(Evaluation.objects.visible_to(request.user).filter(project=project), pk=evaluation_id)
    spent = queries.effort_spent(pk)
    form = DecideForm(request.POST or None, initial={"hours_spent": spent.hours.normalize() if spent.hours else None})

    def call(given: dict[str, Any]) -> object:
        return operations.decide(evaluation_id=row.pk, by=request.user, at=timezone.now(), **given)

    words = {"hours": f"{spent.hours.normalize():f}", "cost": format_amount(spent.cost, spent.currency)}
    intro = _("Spent so far: %(hours)s hours and %(cost)s. What else could they serve?") % words
    return records.edit(request, project, form, call, title=_("Decide on the evaluation"), back=TAB, intro=intro)
