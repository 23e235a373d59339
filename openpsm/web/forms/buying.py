"""Forms of the customer's side: people, intelligence, rivals, criteria, evaluation. Shapes only."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openpsm.buying import vocabulary
from openpsm.buying.models import Criterion, IntelligenceItem
from openpsm.buying.models.market import Element
from openpsm.buying.models.people import PersonalNeed, PowerClass, ProjectRole, SupporterKind
from openpsm.core.text import localized
from openpsm.evaluation.models import Evaluation
from openpsm.web.forms.base import BoundForm, DayField
from openpsm.web.forms.projects import ATTITUDES, NOT_STATED, TEXT_AREA

Choices = Iterable[tuple[Any, Any]]


def _set_choices(form: forms.Form, name: str, choices: Choices) -> None:
    form.fields[name].choices = list(choices)  # type: ignore[attr-defined]  # a ChoiceField


class OptionalVersionForm(BoundForm):
    """Carries the version when a record is changed; empty when one is made."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)


class StakeholderForm(OptionalVersionForm):
    contact_id = forms.TypedChoiceField(label=_("Contact"), coerce=int, empty_value=None, required=False)
    name = forms.CharField(
        label=pgettext_lazy("of a person", "Name"),
        max_length=60,
        required=False,
        help_text=_("Unknown yet? Write the post: “finance director, unknown”."),
    )
    title = forms.CharField(label=_("Post"), max_length=100, required=False)
    project_role = forms.ChoiceField(
        label=_("Part in this project"), required=False, choices=[NOT_STATED, *ProjectRole.choices]
    )
    buying_roles = forms.MultipleChoiceField(
        label=_("Buying roles"), required=False, widget=forms.CheckboxSelectMultiple
    )
    power_class = forms.TypedChoiceField(
        label=_("Power"), choices=[NOT_STATED, *PowerClass.choices], coerce=int, empty_value=None, required=False
    )
    weight = forms.IntegerField(
        label=_("Weight, %"),
        min_value=0,
        max_value=100,
        required=False,
        help_text=_("Shown so that all add up to 100."),
    )
    is_purchasing = forms.BooleanField(label=_("Purchasing department"), required=False)
    has_veto = forms.BooleanField(label=_("Has a veto: a nod does not decide, a shake does"), required=False)
    is_boss = forms.BooleanField(label=_("The boss"), required=False)
    is_outside = forms.BooleanField(label=_("Outside the customer (design institute, expert …)"), required=False)
    personal_need = forms.ChoiceField(
        label=_("Personal need"), required=False, choices=[NOT_STATED, *PersonalNeed.choices]
    )
    reports_to_id = forms.TypedChoiceField(label=_("Reports to"), coerce=int, empty_value=None, required=False)
    cover_id = forms.TypedChoiceField(label=_("Who of us covers them"), coerce=int, empty_value=None, required=False)
    contacted_on = DayField(label=_("Last contacted on"), required=False)
    next_step = forms.CharField(label=_("Next step"), max_length=200, required=False)
    note = forms.CharField(label=_("Note"), widget=TEXT_AREA, required=False, max_length=2000)

    def __init__(
        self, *args: Any, contacts: Choices = (), people: Choices = (), colleagues: Choices = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        _set_choices(self, "contact_id", [NOT_STATED, *contacts])
        _set_choices(self, "reports_to_id", [NOT_STATED, *people])
        _set_choices(self, "cover_id", [NOT_STATED, *colleagues])
        _set_choices(self, "buying_roles", vocabulary.choices("buying_roles"))


class AttitudeForm(OptionalVersionForm):
    value = forms.TypedChoiceField(label=_("Attitude to us"), choices=ATTITUDES[1:], coerce=int)
    reason = forms.CharField(
        label=_("What did they say or do?"),
        max_length=300,
        widget=TEXT_AREA,
        help_text=_("The judgement needs its reason."),
    )
    seen_on = DayField(label=_("Seen on"), required=False)


class LabelForm(BoundForm):
    kind = forms.ChoiceField(label=_("Kind of supporter"), choices=SupporterKind.choices, widget=forms.RadioSelect)
    shares_information = forms.BooleanField(label=_("Shares information with us"), required=False)
    acts_for_us = forms.BooleanField(label=_("Acts for us"), required=False)
    guides_us = forms.BooleanField(label=_("Guides our moves"), required=False)
    reason = forms.CharField(label=_("How we know"), max_length=300, widget=TEXT_AREA)


class IntelligenceForm(OptionalVersionForm):
    kind = forms.ChoiceField(label=_("About"), choices=Element.choices)
    state = forms.ChoiceField(label=_("How far known"), choices=IntelligenceItem.State.choices)
    text = forms.CharField(label=_("What we know"), widget=TEXT_AREA, required=False, max_length=2000)
    source = forms.ChoiceField(
        label=_("Source"), required=False, choices=[NOT_STATED, *IntelligenceItem.Source.choices]
    )
    source_person = forms.CharField(label=_("Who said it, or where"), max_length=100, required=False)
    got_on = DayField(label=_("Learnt on"), required=False)
    ask_by = DayField(
        label=_("Unknown: will ask by"), required=False, help_text=_("An honest answer; it becomes a task of yours.")
    )


class ChangeIntelligenceForm(IntelligenceForm):
    """The kind of an item never changes."""

    kind = None  # type: ignore[assignment]  # Django's way to take a field out


class ContenderForm(OptionalVersionForm):
    competitor_name = forms.CharField(label=_("Rival"), max_length=200)
    rank = forms.IntegerField(label=_("Rank in the customer's eyes"), min_value=1, max_value=99, required=False)
    is_registered_earlier = forms.BooleanField(label=_("Was there before us"), required=False)
    last_move = forms.CharField(label=_("Last known move"), max_length=200, required=False)
    note = forms.CharField(label=_("Note"), widget=TEXT_AREA, required=False, max_length=2000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in ASPECTS.items():
            self.fields[name] = forms.TypedChoiceField(
                label=label, choices=POSITIONS, coerce=int, empty_value=None, required=False
            )
            self.fields[name].widget.attrs["class"] = "form-select"


POSITIONS = (
    NOT_STATED,
    ("-2", _("−2 we are far ahead")),
    ("-1", _("−1 we are ahead")),
    ("0", _("0 even")),
    ("1", _("+1 they are ahead")),
    ("2", _("+2 they are far ahead")),
)
ASPECTS = {
    "product": _("Product"),
    "price": _("Price"),
    "solution": _("Solution"),
    "service": _("Service"),
    "relations": _("Relations"),
}


class CriterionForm(OptionalVersionForm):
    text = forms.CharField(label=_("Criterion"), max_length=200)
    weight = forms.IntegerField(label=_("Weight, %"), min_value=0, max_value=100, required=False)
    our_fit = forms.IntegerField(label=_("How well we fit, 0–5"), min_value=0, max_value=5, required=False)
    origin = forms.ChoiceField(label=_("Whose wish"), choices=Criterion.Origin.choices)
    is_shaped_by_us = forms.BooleanField(label=_("We shaped it"), required=False)
    is_knock_out = forms.BooleanField(label=_("Whoever fails it is out"), required=False)
    is_adopted = forms.BooleanField(label=_("Stands in the tender"), required=False)
    note = forms.CharField(label=_("Note"), widget=TEXT_AREA, required=False, max_length=2000)


TRI_STATE = (("", _("unknown")), ("yes", _("yes")), ("no", _("no")))


def _tri(value: str) -> bool:
    return value == "yes"


class QualifyForm(OptionalVersionForm):
    has_need = forms.TypedChoiceField(
        label=_("Has a need"), choices=TRI_STATE, coerce=_tri, empty_value=None, required=False
    )
    can_pay = forms.TypedChoiceField(
        label=_("Can pay"), choices=TRI_STATE, coerce=_tri, empty_value=None, required=False
    )
    has_good_name = forms.TypedChoiceField(
        label=_("Has a good name"), choices=TRI_STATE, coerce=_tri, empty_value=None, required=False
    )
    note = forms.CharField(label=_("Note"), max_length=300, required=False)


class EvaluationForm(BoundForm):
    """One choice per factor of the model, "unknown" among them, and one per hard condition."""

    def __init__(self, *args: Any, content: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.content = content
        for factor in content["factors"]:
            levels = [(str(row["level"]), f"{row['level']} · {localized(row['text'])}") for row in factor["levels"]]
            self._add(
                f"factor_{factor['key']}",
                forms.TypedChoiceField(
                    label=f"{localized(factor['name'])} · {factor['weight']}",
                    choices=[("", _("unknown")), *levels],
                    coerce=int,
                    empty_value=None,
                    required=False,
                ),
            )
        for row in content.get("hard_conditions", ()):
            self._add(
                f"hard_{row['key']}",
                forms.TypedChoiceField(
                    label=localized(row["name"]),
                    choices=[("", _("unknown")), ("no", _("no")), ("yes", _("yes: this rules it out"))],
                    coerce=_tri,
                    empty_value=None,
                    required=False,
                ),
            )

    def _add(self, name: str, field: forms.Field) -> None:
        field.widget.attrs["class"] = "form-select"
        self.fields[name] = field

    def answers(self) -> dict[str, int | None]:
        return self._picked("factor_")

    def hard(self) -> dict[str, bool | None]:
        return self._picked("hard_")

    def _picked(self, prefix: str) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {name.removeprefix(prefix): cleaned[name] for name in cleaned if name.startswith(prefix)}


class DecideForm(BoundForm):
    decision = forms.ChoiceField(label=_("Decision"), choices=Evaluation.Decision.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Reason"), widget=TEXT_AREA, required=False, max_length=1000)
    hours_spent = forms.DecimalField(
        label=_("Hours spent so far"), required=False, min_value=0, max_digits=8, decimal_places=2
    )
