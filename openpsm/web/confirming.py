"""Forms that carry one call into the domain; grave ones ask for one's own password once more, within the form."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from openpsm.core.errors import DomainError
from openpsm.org import operations, sessions
from openpsm.web.access import UserRequest
from openpsm.web.forms.base import BoundForm, attempt
from openpsm.web.visitors import address_of

T = TypeVar("T")


class AskForm(BoundForm):
    """A form that knows its request; `is_done` says whether the call went through."""

    is_done = False

    def __init__(self, request: UserRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request.POST if request.method == "POST" else None, *args, **kwargs)
        self.request = request

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, without one's own password."""
        return {name: value for name, value in self.cleaned_data.items() if name != "password"}

    def send(self, call: Callable[[], T]) -> T | None:
        """Check what was typed, then make the call; a refusal lands at its field, and nothing typed is lost."""
        if self.request.method != "POST" or not self.is_valid():
            return None
        made = attempt(self, lambda: self._call(call))
        self.is_done = not self.errors
        return made

    def _call(self, call: Callable[[], T]) -> T:
        return call()


class GraveForm(AskForm):
    """Asks for one's password when it was last given more than 15 minutes ago."""

    def __init__(self, request: UserRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        if not sessions.is_confirmed(request.session, at=timezone.now()):
            widget = forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "form-control"})
            self.fields["password"] = forms.CharField(label=_("Your own password"), widget=widget, strip=False)
            self.fields["password"].help_text = _("Asked again because this changes what people may do here.")

    def _call(self, call: Callable[[], T]) -> T:
        if "password" in self.fields:
            now, address = timezone.now(), address_of(self.request)
            given = self.cleaned_data["password"]
            operations.confirm_password(password=given, address=address, by=self.request.user, at=now)
            sessions.confirm(self.request.session, at=now)
        return call()


def tell(request: UserRequest, call: Callable[[], Any], done: Any) -> None:
    """Make a call that a single button asks for, and say how it went on the next page."""
    try:
        call()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)


def ask(
    request: UserRequest,
    form: AskForm,
    call: Callable[[], Any],
    *,
    title: Any,
    done: Any,
    back: str,
    crumbs: Any = (),
    intro: Any = "",
    action: Any = "",
    is_danger: bool = False,
) -> HttpResponse:
    """Show the form on a page of its own; after the call go back and say what was done."""
    form.send(call)
    if form.is_done:
        messages.success(request, done)
        return redirect(back)
    context = {"form": form, "title": title, "crumbs": crumbs, "back": back, "intro": intro}
    context |= {"action": action or title, "is_danger": is_danger}
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)
