"""What all forms share: look, numbers and dates as people type them, the domain's errors at the right field."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.core.dates import parse_day, today
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.money import parse_amount

T = TypeVar("T")

LOOKS: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Widget, "form-control"),
)


class Renderer(TemplatesSetting):
    """Renders fields and forms by our own templates."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"


class BoundForm(forms.Form):
    """A form with our look; `version` travels hidden in forms that change a record."""

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        for field in self.fields.values():
            look = next(css for kind, css in LOOKS if isinstance(field.widget, kind))
            field.widget.attrs.setdefault("class", look)


class AmountField(forms.Field):
    """An amount as people write it: 240万, 1.2亿, 1,200,000.00. Cleans to Decimal or None."""

    widget = forms.TextInput(
        attrs={"inputmode": "text", "autocomplete": "off", "maxlength": "30", "data-understood": "amount"}
    )

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values:
            return None
        try:
            return parse_amount(str(value))
        except (ValueError, ValidationError, DomainError) as error:
            raise ValidationError(
                _("“%(text)s” is not an amount. Write 240万 or 2400000.") % {"text": value}
            ) from error


class DayField(forms.Field):
    """A day as people write it: 2026-11-15, 11.15, 下周三. Cleans to date or None."""

    widget = forms.DateInput(
        format="%Y-%m-%d",
        attrs={
            "autocomplete": "off",
            "maxlength": "40",
            "data-understood": "day",
            "placeholder": gettext_lazy("2026-11-15, 11.15, tomorrow"),
        },
    )

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        if isinstance(value, date):
            return value
        try:
            return parse_day(str(value), reference=today(timezone.now()))
        except (ValueError, ValidationError, DomainError) as error:
            raise ValidationError(_("“%(text)s” is not a day. Write 2026-11-15.") % {"text": value}) from error


def readable(value: Decimal | date) -> str:
    """Say what was understood: an amount in full, a day with its weekday."""
    if isinstance(value, date):
        return f"{value:%Y-%m-%d} {date_format(value, 'l')}"
    return f"{value:,.2f}"


def attempt(form: forms.Form, call: Callable[[], T]) -> T | None:
    """Make the one call into the domain; a refusal lands on the form, at its field where it names one.

    Returns None when refused. Errors that are not DomainError are defects and pass through.
    """
    try:
        return call()
    except InvalidInput as error:
        for field, messages in error.errors.items():
            for message in messages:
                form.add_error(field if field in form.fields else None, message)
    except DomainError as error:
        form.add_error(None, str(error))
    return None
