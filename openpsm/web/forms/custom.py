"""Custom fields in forms and on pages: the definitions of a record become inputs, and go back into its `custom`.

    class ProjectForm(CustomFieldsForm):
        custom_model = Project

    form = ProjectForm(request.POST or None, custom=project.custom)
    changes["custom"] = form.custom_values()

Fields are called `custom.<key>`, as the errors of `core.custom.clean` name them. `shown` makes the values readable.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.db.models import Model
from django.utils.translation import gettext as _

from openpsm.core import custom
from openpsm.core.models.configuration import CustomField
from openpsm.core.money import format_amount
from openpsm.core.text import localized
from openpsm.web.forms.base import LOOKS, AmountField, BoundForm, DayField

Kind = CustomField.Kind
PREFIX = "custom."


class CustomFieldsForm(BoundForm):
    """A form that ends with the active custom fields of `custom_model` (at most 1 query per request)."""

    custom_model: ClassVar[type[Model]]

    def __init__(self, *args: Any, custom: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for definition in _supported(self.custom_model):
            made = _input(definition)
            made.initial = _initial(definition, (custom or {}).get(definition.key))
            look = next(css for kind, css in LOOKS if isinstance(made.widget, kind))
            made.widget.attrs.setdefault("class", look)
            self.fields[f"{PREFIX}{definition.key}"] = made

    def custom_values(self) -> dict[str, Any]:
        """Return what was entered by key, None where a field was left empty: ready for the operation."""
        values = {key: value for key, value in self.cleaned_data.items() if key.startswith(PREFIX)}
        return {key.removeprefix(PREFIX): value if value not in ("", []) else None for key, value in values.items()}

    def plain_values(self) -> dict[str, Any]:
        """Return the other fields."""
        return {key: value for key, value in self.cleaned_data.items() if not key.startswith(PREFIX)}

    def custom_fields(self) -> list[forms.BoundField]:
        """Return the custom fields, for templates that lay out their own fields one by one."""
        return [self[name] for name in self.fields if name.startswith(PREFIX)]


def shown(model: type[Model], values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return label and readable value of the active custom fields that have one."""
    return [
        (row.label, readable_value(row, values[row.key]))
        for row in _supported(model)
        if values.get(row.key) not in (None, "", [])
    ]


def _supported(model: type[Model]) -> list[CustomField]:
    return [row for row in custom.definitions(model) if row.kind in _INPUTS]


def choice_labels(definition: CustomField) -> list[tuple[str, str]]:
    """Return the choices of a field with their labels."""
    return [(choice["key"], _choice_label(choice)) for choice in definition.options.get("choices", ())]


def _choice_label(choice: Mapping[str, Any]) -> str:
    label = choice.get("label") or {"en": choice.get("label_en", ""), "zh": choice.get("label_zh", "")}
    return (localized(label) if isinstance(label, Mapping) else str(label)) or str(choice["key"])


def _input(definition: CustomField) -> forms.Field:
    made: forms.Field = _INPUTS[definition.kind](definition)
    made.label, made.required = definition.label, definition.required
    made.widget.is_required = definition.required
    return made


def _text(definition: CustomField) -> forms.Field:
    limit = int(definition.options.get("max_length", custom.LONGEST_TEXT))
    widget = forms.Textarea(attrs={"rows": 3}) if limit > 300 else forms.TextInput()
    return forms.CharField(max_length=limit, widget=widget)


def _yes_or_no(_definition: CustomField) -> forms.Field:
    answers = [("", "—"), ("yes", _("yes")), ("no", _("no"))]
    return forms.TypedChoiceField(choices=answers, coerce=lambda answer: answer == "yes", empty_value=None)


_INPUTS: dict[str, Any] = {
    Kind.TEXT: _text,
    Kind.NUMBER: lambda _row: forms.DecimalField(max_digits=15, decimal_places=6),
    Kind.MONEY: lambda _row: AmountField(),
    Kind.DATE: lambda _row: DayField(),
    Kind.CHOICE: lambda row: forms.ChoiceField(choices=[("", "—"), *choice_labels(row)]),
    Kind.MULTI_CHOICE: lambda row: forms.MultipleChoiceField(
        choices=choice_labels(row), widget=forms.CheckboxSelectMultiple
    ),
    Kind.BOOLEAN: _yes_or_no,
}


def _initial(definition: CustomField, value: Any) -> Any:
    if definition.kind == Kind.BOOLEAN and value is not None:
        return "yes" if value else "no"
    return value


def readable_value(definition: CustomField, value: Any) -> str:
    """A stored value as it is shown."""
    if definition.kind == Kind.BOOLEAN:
        return _("yes") if value else _("no")
    if definition.kind in (Kind.CHOICE, Kind.MULTI_CHOICE):
        labels = dict(choice_labels(definition))
        keys: list[str] = value if isinstance(value, list) else [value]
        return _(", ").join(labels.get(key, key) for key in keys)
    if definition.kind == Kind.MONEY:
        return format_amount(Decimal(str(value)), settings.OPENPSM_CURRENCY)
    if definition.kind == Kind.NUMBER:
        return f"{Decimal(str(value)).normalize():,f}"
    return str(value)
