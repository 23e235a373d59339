"""One's own password once more, before something grave: asked within the form itself, so that nothing typed is lost."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from openpsm.org import operations, sessions
from openpsm.web.access import UserRequest
from openpsm.web.forms.base import BoundForm, attempt
from openpsm.web.visitors import address_of

T = TypeVar("T")


class GraveForm(BoundForm):
    """A form that asks for one's password when it was last given more than 15 minutes ago."""

    def __init__(self, request: UserRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request.POST if request.method == "POST" else None, *args, **kwargs)
        self.request = request
        if not sessions.is_confirmed(request.session, at=timezone.now()):
            widget = forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "form-control"})
            self.fields["password"] = forms.CharField(label=_("Your own password"), widget=widget, strip=False)
            self.fields["password"].help_text = _("Asked again because this changes what people may do here.")

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, without one's password."""
        return {name: value for name, value in self.cleaned_data.items() if name != "password"}

    def send(self, call: Callable[[], T]) -> T | None:
        """Check form and password, then make the call; None when refused, with the reason at its field."""
        if self.request.method != "POST" or not self.is_valid():
            return None
        return attempt(self, lambda: self._confirmed(call))

    def _confirmed(self, call: Callable[[], T]) -> T:
        if "password" in self.fields:
            now, address = timezone.now(), address_of(self.request)
            given = self.cleaned_data["password"]
            operations.confirm_password(password=given, address=address, by=self.request.user, at=now)
            sessions.confirm(self.request.session, at=now)
        return call()
