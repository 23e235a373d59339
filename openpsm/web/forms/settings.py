"""Forms of the settings: people, departments, roles, parameters, custom fields."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openpsm.core.custom import Kind
from openpsm.core.parameters import Declaration
from openpsm.web.access import UserRequest
from openpsm.web.confirming import AskForm, GraveForm
from openpsm.web.forms.base import DayField
from openpsm.web.forms.signin import LANGUAGES
from openpsm.web.permissions import GROUPS

Choices = Iterable[tuple[Any, Any]]
NOWHERE = ("", _("the whole company"))
VERSION = {"widget": forms.HiddenInput, "min_value": 1, "max_value": 2**31 - 1}


def choose(form: forms.Form, name: str, choices: Choices) -> None:
    """Say what the field offers."""
    form.fields[name].choices = list(choices)  # type: ignore[attr-defined]  # all of these are ChoiceFields


def _department(label: Any, help_text: Any = "") -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, coerce=int, empty_value=None, required=False, help_text=help_text)


class PersonForm(GraveForm):
    """What an administrator keeps about a user."""

    name = forms.CharField(label=pgettext_lazy("of a person", "Name"), max_length=60)
    username = forms.CharField(label=_("User name"), max_length=60, help_text=_("What the person types to sign in."))
    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Mobile phone"), max_length=30, required=False)
    title = forms.CharField(label=_("Post"), max_length=60, required=False)
    department_id = _department(_("Department"), _("Sellers need one: their projects belong to it."))
    joined_on = DayField(label=_("Joined on"), required=False)

    def __init__(self, *args: Any, departments: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "department_id", [("", _("none")), *departments])


class InviteForm(PersonForm):
    role_keys = forms.MultipleChoiceField(
        label=_("Roles"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("Held everywhere.")
    )
    language = forms.ChoiceField(label=_("Language"), required=False)
    is_mailed = forms.BooleanField(
        label=_("Mail a link to set the password"),
        required=False,
        help_text=_("Otherwise an initial password is shown to you once, to hand over."),
    )

    def __init__(self, *args: Any, roles: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "role_keys", roles)
        choose(self, "language", [("", _("as the installation has it")), *LANGUAGES])


class EditPersonForm(PersonForm):
    version = forms.IntegerField(**VERSION)  # type: ignore[arg-type]  # the widget and bounds above


class VersionForm(AskForm):
    """Only a button."""

    version = forms.IntegerField(**VERSION)  # type: ignore[arg-type]  # the widget and bounds above


class GraveVersionForm(GraveForm):
    """Only a button, and one's password where it is due."""

    version = forms.IntegerField(**VERSION)  # type: ignore[arg-type]  # the widget and bounds above


class GrantForm(GraveForm):
    role_id = forms.TypedChoiceField(label=_("Role"), coerce=int)
    department_id = _department(_("Held in"), _("A department with all below it, or the whole company."))

    def __init__(self, *args: Any, roles: Choices = (), departments: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "role_id", roles)
        choose(self, "department_id", [NOWHERE, *departments])


class NewDepartmentForm(AskForm):
    name = forms.CharField(label=_("Name"), max_length=100)
    parent_id = _department(_("Below"))

    def __init__(self, *args: Any, departments: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "parent_id", [("", _("the top")), *departments])


class RenameDepartmentForm(AskForm):
    name = forms.CharField(label=_("Name"), max_length=100)
    version = forms.IntegerField(**VERSION)  # type: ignore[arg-type]  # the widget and bounds above


class MoveDepartmentForm(AskForm):
    parent = _department(_("Below"))
    version = forms.IntegerField(**VERSION)  # type: ignore[arg-type]  # the widget and bounds above

    def __init__(self, *args: Any, departments: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "parent", [("", _("the top")), *departments])


class ManagersForm(GraveForm):
    managers = forms.TypedMultipleChoiceField(
        label=_("Managers"),
        coerce=int,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": "12"}),
        help_text=_("They see everything of this department and those below it. Hold Ctrl to choose several."),
    )
    version = forms.IntegerField(**VERSION)  # type: ignore[arg-type]  # the widget and bounds above

    def __init__(self, *args: Any, people: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "managers", people)


class RoleForm(GraveForm):
    name_en = forms.CharField(label=_("English name"), max_length=60)
    name_zh = forms.CharField(label=_("Chinese name"), max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for index, (label, rows) in enumerate(GROUPS):
            self.fields[f"group_{index}"] = forms.MultipleChoiceField(
                label=label,
                required=False,
                choices=[(key.value, words) for key, words in rows],
                widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
                initial=(self.initial or {}).get("permissions", ()),
            )
        if "password" in self.fields:
            self.order_fields([name for name in self.fields if name != "password"] + ["password"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        groups = [cleaned.pop(f"group_{index}", []) for index in range(len(GROUPS))]
        cleaned["permissions"] = [key for group in groups for key in group]
        return cleaned


class NewRoleForm(RoleForm):
    key = forms.SlugField(label=_("Key"), max_length=40, help_text=_("Small letters, digits and hyphens."))


class EditRoleForm(RoleForm):
    version = forms.IntegerField(**VERSION)  # type: ignore[arg-type]  # the widget and bounds above


class ParameterForm(AskForm):
    """One parameter, with the field that its kind asks for."""

    def __init__(self, request: UserRequest, *args: Any, declaration: Declaration, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        field = _field_of(declaration)
        field.label, field.help_text = str(declaration.label), str(declaration.help)
        self.fields["value"] = field

    def clean_value(self) -> Any:
        value = self.cleaned_data["value"]
        return value.splitlines() if isinstance(self.fields["value"].widget, forms.Textarea) else value


def _field_of(declaration: Declaration) -> forms.Field:
    look = {"class": "form-control"}
    bounds = {"min_value": declaration.minimum, "max_value": declaration.maximum}
    if declaration.kind == "integer":
        return forms.IntegerField(widget=forms.NumberInput(attrs=look), **bounds)  # type: ignore[arg-type]  # whole here
    if declaration.kind == "decimal":
        return forms.DecimalField(widget=forms.NumberInput(attrs=look | {"step": "any"}), **bounds)  # type: ignore[arg-type]  # Decimals here
    if declaration.kind == "boolean":
        return forms.BooleanField(required=False, widget=forms.CheckboxInput(attrs={"class": "form-check-input"}))
    if declaration.kind == "choice":
        return forms.ChoiceField(choices=declaration.choices, widget=forms.Select(attrs={"class": "form-select"}))
    if declaration.kind == "list":
        return forms.CharField(required=False, widget=forms.Textarea(attrs=look | {"rows": 6}))
    return forms.CharField(required=False, max_length=10_000, widget=forms.TextInput(attrs=look))


#: Kinds of custom fields whose values can be kept today.
KINDS = (Kind.TEXT, Kind.NUMBER, Kind.MONEY, Kind.DATE, Kind.CHOICE, Kind.MULTI_CHOICE, Kind.BOOLEAN)


class CustomFieldForm(AskForm):
    label_zh = forms.CharField(label=_("Chinese name"), max_length=100, required=False)
    label_en = forms.CharField(label=_("English name"), max_length=100, required=False)
    key = forms.CharField(
        label=_("Key"),
        max_length=50,
        help_text=_("Names the field in the API and in files: small letters, digits and underscores."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, kind.label) for kind in KINDS])
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For choices only: one a line, as “key = words”, for example “coal = 煤电”."),
    )
    required = forms.BooleanField(label=_("Required"), required=False)
    position = forms.IntegerField(label=_("Position"), min_value=0, max_value=999, initial=0)

    @property
    def definition(self) -> dict[str, Any]:
        """What `define_field` asks for."""
        given = dict(self.cleaned_data)
        lines: Sequence[str] = [line for line in given.pop("choices").splitlines() if line.strip()]
        is_choice = given["kind"] in (Kind.CHOICE, Kind.MULTI_CHOICE)
        return given | {"options": {"choices": [_choice(line) for line in lines]} if is_choice else {}}


def _choice(line: str) -> dict[str, Any]:
    key, _equals, words = line.partition("=")
    text = words.strip() or key.strip()
    return {"key": key.strip(), "label": {"en": text, "zh": text}}
