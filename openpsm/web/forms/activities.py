"""A day's entry on one screen, and planning the next one. Shapes only."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openpsm.activities.models import ActivityKind
from openpsm.activities.operations import Told
from openpsm.buying.models import Stakeholder
from openpsm.buying.models.market import Element
from openpsm.buying.operations import AttitudeNote, NewIntelligence
from openpsm.web.forms.base import AmountField, BoundForm, DayField
from openpsm.web.forms.buying import OptionalVersionForm
from openpsm.web.forms.projects import ATTITUDES, NOT_STATED, TEXT_AREA

Choices = Iterable[tuple[Any, Any]]


class _WithPeople(BoundForm):
    """Whom we met or want to meet, and who of us comes along."""

    met = forms.TypedMultipleChoiceField(
        label=_("Whom did you meet?"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    colleagues = forms.TypedMultipleChoiceField(
        label=_("Who of us came along?"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, people: Choices = (), colleagues: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("met", list(people)), ("colleagues", list(colleagues))):
            self.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
            if not choices:
                del self.fields[name]


class PlanForm(_WithPeople):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "met" in self.fields:
            self.fields["met"].label = _("Whom do you want to meet?")
        if "colleagues" in self.fields:
            self.fields["colleagues"].label = _("Who of us comes along?")

    kind = forms.ChoiceField(label=_("Kind"), choices=ActivityKind.choices)
    planned_on = DayField(label=_("Day"))
    purpose = forms.CharField(label=_("Purpose"), max_length=200)
    wanted_result = forms.CharField(label=_("Wanted result"), max_length=200, required=False)
    place = forms.CharField(label=_("Place"), max_length=200, required=False)
    field_order = ("kind", "planned_on", "purpose", "wanted_result", "met", "colleagues", "place")


class LogForm(_WithPeople, OptionalVersionForm):
    """What was done, whom we met, what came of it, what comes next; the rest may be left out."""

    kind = forms.ChoiceField(label=_("Kind"), choices=ActivityKind.choices)
    done_on = DayField(label=_("Day"))
    result = forms.CharField(label=_("What came of it?"), widget=TEXT_AREA, max_length=4000)
    next_step = forms.CharField(
        label=_("Next step"), max_length=200, help_text=_("Every visit leaves a reason for the next one.")
    )
    next_on = DayField(label=_("Next step on"))
    attitude_of = forms.TypedChoiceField(
        label=_("Did somebody's attitude show?"), coerce=int, empty_value=None, required=False
    )
    attitude = forms.TypedChoiceField(
        label=_("Attitude to us"), choices=ATTITUDES, coerce=int, empty_value=None, required=False
    )
    attitude_reason = forms.CharField(label=_("What did they say or do?"), max_length=300, required=False)
    learnt_kind = forms.ChoiceField(
        label=_("What did you learn about?"), required=False, choices=[NOT_STATED, *Element.choices]
    )
    learnt = forms.CharField(label=_("What you learnt"), required=False, max_length=2000, widget=TEXT_AREA)
    learnt_from = forms.CharField(label=_("From whom"), required=False, max_length=100)
    hours = forms.DecimalField(label=_("Hours"), required=False, min_value=0, max_digits=6, decimal_places=2)
    cost = AmountField(label=_("Cost"), required=False)
    client_key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    field_order = ("kind", "done_on", "met", "result", "next_step", "next_on")
    TOLD = ("met", "colleagues", "attitude_of", "attitude", "attitude_reason", "learnt_kind", "learnt", "learnt_from")

    def __init__(self, *args: Any, people: Choices = (), **kwargs: Any) -> None:
        known = list(people)
        super().__init__(*args, people=known, **kwargs)
        self.fields["attitude_of"].choices = [NOT_STATED, *known]  # type: ignore[attr-defined]  # a ChoiceField
        if not known:
            for name in ("attitude_of", "attitude", "attitude_reason"):
                del self.fields[name]

    def told(self) -> Told:
        """Return what was entered beside the report itself."""
        given = self.cleaned_data
        attitudes, learnt = [], []
        if given.get("attitude_of") is not None and given.get("attitude") is not None:
            note = AttitudeNote(
                given["attitude_of"], given["attitude"], given["attitude_reason"], given["done_on"], None
            )
            attitudes.append(note)
        if given["learnt_kind"] and given["learnt"]:
            learnt.append(self._learnt())
        return Told(
            stakeholder_ids=given.get("met", []),
            colleague_ids=given.get("colleagues", []),
            attitudes=attitudes,
            intelligence=learnt,
        )

    def _learnt(self) -> NewIntelligence:
        given = self.cleaned_data
        return NewIntelligence(
            given["learnt_kind"], "partly", given["learnt"], "customer", given["learnt_from"], given["done_on"]
        )

    def values(self) -> dict[str, Any]:
        """Return the report's own fields."""
        left_out = {*self.TOLD, "client_key", "version"}
        return {name: value for name, value in self.cleaned_data.items() if name not in left_out}


def person_choices(people: Iterable[Stakeholder]) -> list[tuple[int, str]]:
    """Name and post of each person, for ticking."""
    return [(row.pk, f"{row.name} {row.title}".strip()) for row in people]


class CancelForm(OptionalVersionForm):
    reason = forms.CharField(label=_("Reason"), widget=TEXT_AREA, max_length=300)
