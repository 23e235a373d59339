"""Forms of a project that pick other records, carry custom fields, or may collide with another project."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openpsm.projects.models import PartyRole, Project, TeamRole
from openpsm.web.forms.custom import CustomFieldsForm
from openpsm.web.forms.customers import HitsForm
from openpsm.web.forms.pickers import PickerField, PickerForm
from openpsm.web.forms.projects import ProjectForm, VersionForm


class EditProjectForm(PickerForm, CustomFieldsForm, ProjectForm, VersionForm, HitsForm):
    """Everything that is known of the project itself, with its custom fields."""

    custom_model = Project
    region = PickerField("divisions", label=_("Region"), required=False)

    def changes(self) -> dict[str, Any]:
        """Return what the operation takes."""
        given = {name: value for name, value in self.plain_values().items() if name != "version"}
        return given | {"amount": given["amount"] or 0, "custom": self.custom_values()}


class TeamForm(PickerForm, VersionForm):
    """A colleague and the part taken in the project."""

    user_id = PickerField("people", label=_("Colleague"))
    role = forms.ChoiceField(
        label=_("Part in the team"),
        choices=[(value, label) for value, label in TeamRole.choices if value != TeamRole.OWNER],
    )
    field_order = ("user_id", "role", "version")


class PartyForm(PickerForm, VersionForm):
    """A company and the part it has in the project."""

    account_id = PickerField("accounts", label=_("Company"))
    role = forms.ChoiceField(label=_("Its part"), choices=PartyRole.choices)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    field_order = ("account_id", "role", "note", "version")
