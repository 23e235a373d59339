"""Forms of one's own settings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openpsm.web.confirming import GraveForm
from openpsm.web.forms.base import BoundForm
from openpsm.web.forms.signin import LANGUAGES


class ProfileForm(BoundForm):
    language = forms.ChoiceField(label=_("Language"), required=False)
    theme = forms.ChoiceField(
        label=_("Colours"),
        required=False,
        choices=[("", _("as the installation has them")), ("light", _("light")), ("dark", _("dark"))],
    )
    amount_unit = forms.ChoiceField(
        label=_("Amounts shown in"), choices=[("yuan", _("yuan, to the cent")), ("wan", _("ten thousands"))]
    )
    phone = forms.CharField(
        label=_("Mobile phone"), max_length=30, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("as the installation has it")), *LANGUAGES]
        self.fields["language"].choices = choices  # type: ignore[attr-defined]  # ChoiceField


class TokenForm(GraveForm):
    name = forms.CharField(label=_("What it is for"), max_length=60)
    days = forms.IntegerField(label=_("Days until it expires"), min_value=1, max_value=3650, initial=90)
    is_read_only = forms.BooleanField(label=_("May only read"), required=False, initial=True)
