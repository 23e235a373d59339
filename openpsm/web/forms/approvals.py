"""Forms of approvals and absences."""

from django import forms
from django.utils.translation import gettext_lazy as _

from openpsm.web.forms.base import DayField
from openpsm.web.forms.pickers import PickerField, PickerForm
from openpsm.web.forms.projects import TEXT_AREA, VersionForm


class DecideForm(VersionForm):
    comment = forms.CharField(
        label=_("Your words"), widget=TEXT_AREA, max_length=2000, required=False, help_text=_("A no needs its reason.")
    )
    decision = forms.ChoiceField(choices=[("approve", ""), ("reject", "")], widget=forms.HiddenInput)
    field_order = ("comment", "version")


class ReviewerForm(PickerForm, VersionForm):
    user_id = PickerField("people", label=_("One more reviewer"))
    field_order = ("user_id", "version")


class AbsenceForm(PickerForm):
    substitute_id = PickerField("people", label=_("Who stands in"))
    from_on = DayField(label=_("Away from"))
    back_on = DayField(label=_("Back at work on"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)
