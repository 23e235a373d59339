"""Forms around signing in. Passwords are never trimmed."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import get_default_password_validators
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from openpsm.web.forms.base import BoundForm

#: Each language in its own words: who needs it reads it.
LANGUAGES = (("zh-hans", "中文"), ("en", "English"))


def _hint() -> str:
    """What the validators ask for, in one sentence instead of one of Django's for each."""
    least = max(getattr(validator, "min_length", 0) for validator in get_default_password_validators())
    return gettext("At least %(n)s characters, no common password, and nothing like your name.") % {"n": least}


def password_field(label: Any, *, is_new: bool = False) -> forms.CharField:
    """A password as browsers and password managers expect it."""
    kind = "new-password" if is_new else "current-password"
    widget = forms.PasswordInput(attrs={"autocomplete": kind, "class": "form-control"})
    help_text = _hint() if is_new else ""
    return forms.CharField(label=label, widget=widget, strip=False, max_length=200, help_text=help_text)


class SignInForm(BoundForm):
    username = forms.CharField(
        label=_("User name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = password_field(_("Password"))


class _TwiceForm(BoundForm):
    """A new password, typed twice."""

    new_name = "new_password"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[self.new_name] = password_field(_("New password"), is_new=True)
        self.fields["again"] = password_field(_("The same password once more"), is_new=True)
        self.fields["again"].help_text = ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("again") and cleaned.get(self.new_name) != cleaned["again"]:
            self.add_error("again", _("The two passwords are not the same."))
        return cleaned


class NewPasswordForm(_TwiceForm):
    """Set by a mailed link."""


class ChangePasswordForm(_TwiceForm):
    """Set with the old one at hand."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"] = password_field(_("Your present password"))
        self.order_fields(["old_password", "new_password", "again"])


class ResetForm(BoundForm):
    email = forms.EmailField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))


class SetupForm(_TwiceForm):
    """The first administrator."""

    new_name = "password"
    name = forms.CharField(label=_("Your name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    username = forms.CharField(
        label=_("User name"),
        max_length=60,
        help_text=_("What you type to sign in: 2 to 60 letters, digits or signs of . @ + - _"),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    language = forms.ChoiceField(label=_("Language"))
    with_demo = forms.BooleanField(
        label=_("Load the demo company, to look around"),
        required=False,
        help_text=_("An invented company with customers and projects. Leave it out where real work begins."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = LANGUAGES  # type: ignore[attr-defined]  # ChoiceField
        self.fields["password"].label = _("Password")
        self.order_fields(["name", "username", "password", "again", "language", "with_demo"])
