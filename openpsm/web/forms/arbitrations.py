"""Forms of arbitration."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openpsm.web.forms.projects import TEXT_AREA, VersionForm

CHANCE = forms.NumberInput(attrs={"inputmode": "numeric", "min": "0", "max": "100"})


class EvidenceForm(VersionForm):
    evidence = forms.CharField(
        label=_("What speaks for you"),
        widget=TEXT_AREA,
        max_length=2000,
        required=False,
        help_text=_("Whom you have met, since when, what they asked for. Only who decides reads it."),
    )
    field_order = ("evidence", "version")


class ArbitrationForm(VersionForm):
    main_id = forms.TypedChoiceField(label=_("Main owner"), coerce=int, widget=forms.RadioSelect)
    share = forms.DecimalField(
        label=_("The other one's share of the commission (%)"), required=False, max_digits=5, decimal_places=2
    )
    asker_likelihood = forms.IntegerField(label=_("Chance with the asker (%)"), widget=CHANCE)
    holder_likelihood = forms.IntegerField(label=_("Chance with the owner (%)"), widget=CHANCE)
    reason = forms.CharField(label=_("Why"), widget=TEXT_AREA, max_length=1000, help_text=_("Both read it."))
    field_order = ("main_id", "share", "holder_likelihood", "asker_likelihood", "reason", "version")

    def __init__(self, *args: Any, asker: tuple[int, str], holder: tuple[int, str], bounds: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["main_id"].choices = [holder, asker]  # type: ignore[attr-defined]  # ChoiceField
        help_text = _("%(bounds)s %%, paid when all money is in. Empty: no assistant.") % {"bounds": bounds}
        self.fields["share"].help_text = help_text
        for name, (_pk, who) in (("asker_likelihood", asker), ("holder_likelihood", holder)):
            self.fields[name].label = _("Chance of success with %(who)s (%%)") % {"who": who}
