"""One alert: why it stands, and what can be done about it; and the alerts that Today shows."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.accounts.models import Account
from openpsm.core.dates import today
from openpsm.insights.alerts import acts, rules
from openpsm.insights.models import Alert
from openpsm.org.models import Task
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.base import DayField, attempt
from openpsm.web.forms.projects import ReasonForm, VersionForm
from openpsm.web.views.alert_listing import later_days, subject_of

WATCHED = 20


class SnoozeForm(VersionForm):
    until = DayField(label=gettext_lazy("Until"))
    field_order = ("until", "version")


class AnswerForm(VersionForm):
    text = forms.CharField(label=gettext_lazy("Answer"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    field_order = ("text", "version")


def _find(request: UserRequest, pk: int) -> Alert:
    rows = Alert.objects.visible_to(request.user).select_related("account", "project", "seller", "task", "closed_by")
    alert: Alert = get_object_or_404(rows, pk=pk)
    return alert


def _about(alert: Alert) -> tuple[str, str]:
    parts = {
        "project_id": alert.project_id,
        "project__name": alert.project.name if alert.project else "",
        "account_id": alert.account_id,
        "account__name": alert.account.name if alert.account else "",
        "seller_id": alert.seller_id,
        "seller__name": alert.seller.name if alert.seller else "",
    }
    return subject_of(parts)


@page()
def detail(request: UserRequest, pk: int) -> HttpResponse:
    """Show why it was raised, whom it calls upon and what was done (6 queries beside the frame's)."""
    return _page(request, _find(request, pk))


def _page(request: UserRequest, alert: Alert, **refused: Any) -> HttpResponse:
    version = {"version": alert.version}
    is_open = alert.state in (Alert.State.RAISED, Alert.State.SNOOZED)
    name, url = _about(alert)
    task_seen = Task.objects.visible_to(request.user).filter(pk=alert.task_id or 0).first()
    context: dict[str, Any] = {
        "title": _("%(rule)s: %(title)s") % {"rule": rules.label_of(alert.rule), "title": name},
        "alert": alert,
        "why": rules.say(alert.rule, alert.measure),
        "about": name,
        "about_url": url,
        "people": [link.user for link in alert.people.select_related("user").order_by("pk")],
        "task": task_seen,
        "is_open": is_open,
        "can_answer": is_open or alert.state == Alert.State.TASKED,
        "crumbs": [(_("Alerts"), reverse("web:alert-list"))],
        "later_days": later_days(today(timezone.now())),
        "snooze_form": SnoozeForm(initial=version, auto_id="snooze_%s"),
        "answer_form": AnswerForm(initial=version, auto_id="answer_%s"),
        "close_form": ReasonForm(initial=version, auto_id="close_%s"),
        "can_judge": alert.rule == "silent" and alert.state != Alert.State.CLOSED and _sees(request, alert.account_id),
    }
    return render(request, "alerts/detail.html", context | refused, status=422 if refused else 200)


def _sees(request: UserRequest, account_id: int | None) -> bool:
    return Account.objects.visible_to(request.user).filter(pk=account_id or 0).exists()


@page()
def watch(request: UserRequest) -> HttpResponse:
    """The open alerts that call upon the person and that Today does not say otherwise (1 query beside the frame's)."""
    rows = Alert.objects.visible_to(request.user).addressed_to(request.user).filter(state=Alert.State.RAISED)
    rows = rows.exclude(rule__in=rules.not_on_today()).select_related("account", "project", "seller")
    found = list(rows.order_by("-raised_at", "-pk")[:WATCHED])
    lines = [(one, rules.label_of(one.rule), rules.say(one.rule, one.measure), *_about(one)) for one in found]
    days = later_days(today(timezone.now()))
    context = {"lines": lines, "later_days": days, "title": _("Alerts"), "is_quiet": "quiet" in request.GET}
    return render(request, "alerts/_watch.html" if request.htmx else "alerts/watch.html", context)


@page(methods=("POST",))
def make_task(request: UserRequest, pk: int) -> HttpResponse:
    """Make a task of it for oneself."""
    form = VersionForm(request.POST)
    return _act(request, pk, form, "task_form", acts.make_task, _("The alert is a task now."))


@page(methods=("POST",))
def snooze(request: UserRequest, pk: int) -> HttpResponse:
    """Put it off until a day."""
    form = SnoozeForm(request.POST, auto_id="snooze_%s")
    return _act(request, pk, form, "snooze_form", acts.snooze, _("The alert is put off."))


@page(methods=("POST",))
def answer(request: UserRequest, pk: int) -> HttpResponse:
    """Say what there is to say about it."""
    form = AnswerForm(request.POST, auto_id="answer_%s")
    return _act(request, pk, form, "answer_form", acts.answer, _("The alert is answered."))


@page(methods=("POST",))
def close(request: UserRequest, pk: int) -> HttpResponse:
    """Close it with a reason."""
    form = ReasonForm(request.POST, auto_id="close_%s")
    return _act(request, pk, form, "close_form", acts.close, _("The alert is closed."))


def _act(
    request: UserRequest, pk: int, form: Any, name: str, operation: Callable[..., Alert], done: str
) -> HttpResponse:
    alert = _find(request, pk)
    call: Callable[[], Alert] = lambda: operation(  # noqa: E731  # one call, named for its length
        alert_id=pk, by=request.user, at=timezone.now(), **form.cleaned_data
    )
    is_done = form.is_valid() and attempt(form, call) is not None
    if request.htmx:
        error = "" if is_done else " ".join(str(each) for texts in form.errors.values() for each in texts)
        context = {"alert": alert, "done": done, "error": error, "rule": rules.label_of(alert.rule)}
        return render(request, "alerts/_done.html", context)
    if not is_done:
        return _page(request, alert, **{name: form, "refusal": form.non_field_errors()})
    messages.success(request, done)
    return redirect("web:alert-detail", pk)
