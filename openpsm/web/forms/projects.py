"""Forms of projects: shapes only; the rules stand in the operations."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from openpsm.buying import vocabulary
from openpsm.process.queries import StageDefinition, StepDefinition
from openpsm.projects.models import PurchasingForm
from openpsm.web.forms.base import AmountField, BoundForm, DayField

TEXT_AREA = forms.Textarea(attrs={"rows": 3})
NOT_STATED = ("", "—")


class VersionForm(BoundForm):
    """Carries the version that the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)


class ReasonForm(VersionForm):
    reason = forms.CharField(label=_("Reason"), widget=TEXT_AREA, max_length=1000)


class HoldForm(ReasonForm):
    until = DayField(label=_("Until"), required=False)


class BackForm(ReasonForm):
    stage_key = forms.ChoiceField(label=_("Stage"))
    field_order = ("stage_key", "reason", "version")

    def __init__(self, *args: Any, stages: Iterable[StageDefinition] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage_key"].choices = [(stage.key, stage.title) for stage in stages]  # type: ignore[attr-defined]  # ChoiceField


class WinForm(VersionForm):
    override_reason = forms.CharField(
        label=_("Reason to override closed gates"),
        widget=TEXT_AREA,
        required=False,
        max_length=1000,
        help_text=_("Only for managers; leave it empty to try the gates."),
    )


class _ClosingForm(VersionForm):
    """Why, who won, for how much, and where the customer went."""

    reason = forms.ChoiceField(label=_("Reason"))
    reason_text = forms.CharField(label=_("In your own words"), widget=TEXT_AREA, max_length=2000)
    winner_name = forms.CharField(label=_("Who won"), required=False, max_length=200)
    winner_amount = AmountField(label=_("The winner's price"), required=False)
    destination = forms.CharField(label=_("Where the customer went"), required=False, max_length=200)
    revisit_on = DayField(label=_("Ask again on"), required=False)
    vocabulary_key = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [NOT_STATED, *vocabulary.choices(self.vocabulary_key)]
        self.fields["reason"].choices = choices  # type: ignore[attr-defined]  # ChoiceField


class LoseForm(_ClosingForm):
    vocabulary_key = "lose_reasons"


class DropForm(_ClosingForm):
    vocabulary_key = "drop_reasons"


class GradeForm(VersionForm):
    grade = forms.ChoiceField(
        label=_("Grade"),
        required=False,
        choices=[("", _("computed from date and probability")), *((letter, letter) for letter in "ABCD")],
    )
    reason = forms.CharField(label=_("Reason"), widget=TEXT_AREA, required=False, max_length=300)


class ConfirmForm(VersionForm):
    evidence = forms.CharField(
        label=_("Evidence"),
        widget=TEXT_AREA,
        max_length=2000,
        help_text=_("What happened, when, who said it. “Done” or “ok” is not evidence."),
    )
    file = forms.FileField(label=_("File"), required=False)


class StepForm(VersionForm):
    step_key = forms.ChoiceField(label=_("The customer's step"))
    on = DayField(label=_("Since"))
    source = forms.CharField(label=_("Source"), max_length=200, help_text=_("Who said so, or where you saw it."))
    field_order = ("step_key", "on", "source", "version")

    def __init__(self, *args: Any, steps: Iterable[StepDefinition] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["step_key"].choices = [(s.key, f"{s.position} {s.title}") for s in steps]  # type: ignore[attr-defined]  # ChoiceField


ATTITUDES = [
    NOT_STATED,
    ("2", _("+2 champion")),
    ("1", _("+1 well disposed")),
    ("0", _("0 neutral")),
    ("-1", _("−1 sceptical")),
    ("-2", _("−2 against us")),
]


class ProjectForm(BoundForm):
    """What is known of the project itself; every field but the name may wait."""

    name = forms.CharField(label=_("Project name"), max_length=200)
    amount = AmountField(label=_("Amount"), required=False, help_text=_("With tax; 240万 is understood."))
    product_line = forms.CharField(label=_("Product line"), max_length=60, required=False)
    site = forms.CharField(label=_("Site"), max_length=200, required=False)
    purchasing_form = forms.ChoiceField(
        label=_("Purchasing form"), required=False, choices=[NOT_STATED, *PurchasingForm.choices]
    )
    tender_on = DayField(label=_("Tender expected on"), required=False)
    tender_source = forms.CharField(label=_("Who told the tender date"), max_length=200, required=False)
    order_on = DayField(label=_("Order expected on"), required=False, help_text=_("The grade follows from it."))
    possibility = forms.IntegerField(label=_("Possibility, %"), min_value=0, max_value=100, required=False)
    possibility_reason = forms.CharField(label=_("Why this possibility"), max_length=300, required=False)
    boss_attitude = forms.TypedChoiceField(
        label=_("The boss's attitude"), choices=ATTITUDES, coerce=int, empty_value=None, required=False
    )
    boss_attitude_source = forms.CharField(label=_("How we know"), max_length=200, required=False)
    is_non_standard = forms.BooleanField(label=_("Non-standard product or solution"), required=False)
    news_on = DayField(label=_("First news on"), required=False)
    news_source = forms.CharField(label=_("Source of the news"), max_length=200, required=False)
    note = forms.CharField(label=_("Note"), widget=TEXT_AREA, required=False, max_length=5000)


def posted_version(request: HttpRequest) -> int:
    """Return the version that a bare form sent along; raises Http404 for anything but a number."""
    text = request.POST.get("version", "")
    if not text.isdecimal() or len(text) > 9:
        raise Http404
    return int(text)
