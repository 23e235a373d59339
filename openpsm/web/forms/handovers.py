"""Forms of handovers."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openpsm.org.handovers import Kind
from openpsm.org.models import Handover
from openpsm.web.confirming import GraveForm
from openpsm.web.forms.pickers import PickerField, PickerForm
from openpsm.web.forms.projects import TEXT_AREA

TO = "to:"


class GiverForm(PickerForm):
    giver = PickerField("people", label=_("Who hands over"))


class HandoverForm(GraveForm, PickerForm):
    """Who receives; each kind of things may go to somebody else."""

    reason = forms.ChoiceField(label=_("Reason"), choices=Handover.Reason.choices, widget=forms.RadioSelect)
    receiver_id = PickerField("people", label=_("Who receives it"))
    deactivate = forms.BooleanField(
        label=_("End this person's access in the same step"),
        required=False,
        help_text=_("Sessions end with the next click, tokens and reset links die. Only administrators of users may."),
    )

    def __init__(self, *args: Any, kinds: Iterable[Kind], may_deactivate: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_deactivate:
            del self.fields["deactivate"]
        for kind in kinds:
            field = PickerField("people", label=kind.label, required=False)
            self.fields[TO + kind.key] = field
            field.use(kwargs["user"])

    @property
    def general(self) -> list[forms.BoundField]:
        """The fields that hold for all of it."""
        return [self[name] for name in self.fields if not name.startswith(TO)]

    @property
    def others(self) -> list[forms.BoundField]:
        """The fields of kinds that may go to somebody else."""
        return [self[name] for name in self.fields if name.startswith(TO)]

    def given(self) -> dict[str, Any]:
        """Return what the operation takes."""
        values = self.values
        to = {name.removeprefix(TO): pk for name, pk in values.items() if name.startswith(TO) and pk}
        return {
            "receiver_id": values["receiver_id"],
            "reason": values["reason"],
            "deactivate": values.get("deactivate", False),
            "receivers": to,
        }


class ContestForm(forms.Form):
    remark = forms.CharField(label=_("What is wrong with it"), widget=TEXT_AREA, max_length=500)
