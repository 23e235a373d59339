"""One's own settings: how things are shown, where one is signed in, tokens for programs."""

import tempfile
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.exchange.exports.person import export_person
from openpsm.org import operations, queries
from openpsm.org.models import AccessToken, User
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.base import attempt
from openpsm.web.forms.profile import ProfileForm, TokenForm
from openpsm.web.views.files import HEADERS
from openpsm.web.visitors import browser_of

SHOWN = ("language", "theme", "amount_unit", "phone")
MOST_TOKENS = 50


@page(methods=("GET", "POST"))
def profile(request: UserRequest) -> HttpResponse:
    """Show and change one's own settings (3 queries beside the frame's)."""
    form = ProfileForm(request.POST or None, initial={name: getattr(request.user, name) for name in SHOWN})
    if request.method == "POST" and form.is_valid():
        wanted = {name: value for name, value in form.cleaned_data.items() if value != form.initial[name]}
        at = timezone.now()
        if wanted:
            attempt(form, lambda: operations.update_profile(changes=wanted, by=request.user, at=at))
        if not form.errors:
            messages.success(request, _("Saved."))
            return redirect("web:profile")
    return _page(request, form)


def _page(request: UserRequest, form: ProfileForm) -> HttpResponse:
    at, key = timezone.now(), request.session.session_key or ""
    own = User.objects.visible_to(request.user).select_related("department").filter(pk=request.user.pk)
    tokens = AccessToken.objects.visible_to(request.user).filter(user=request.user).order_by("-created_at", "-pk")
    context: dict[str, Any] = {
        "title": _("My settings"),
        "form": form,
        "person": own.get(),
        "sessions": [(row, browser_of(row.agent)) for row in queries.sessions_of(request.user, current=key, at=at)],
        "absence": queries.absence_of(request.user),
        "tokens": [(row, _state(row)) for row in tokens[:MOST_TOKENS]],
    }
    return render(request, "profile/profile.html", context, status=422 if form.errors else 200)


def _state(token: AccessToken) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at and token.expires_at <= timezone.now() else "live"


@page(methods=("POST",))
def end_session(request: UserRequest, session: str) -> HttpResponse:
    """End one of one's own sessions; ending the present one signs out."""
    operations.end_session(session=session, by=request.user, at=timezone.now())
    messages.success(request, _("The session has ended."))
    return redirect("web:profile")


@page(methods=("POST",))
def end_other_sessions(request: UserRequest) -> HttpResponse:
    """End all of one's own sessions but this one."""
    key = request.session.session_key or ""
    ended = operations.end_other_sessions(keep=key, by=request.user, at=timezone.now())
    messages.success(request, _("Sessions ended elsewhere: %(n)s.") % {"n": ended})
    return redirect("web:profile")


@page(methods=("GET", "POST"))
def make_token(request: UserRequest) -> HttpResponse:
    """Make a token; it is shown once, on the page that answers."""
    form = TokenForm(request)
    made = form.send(lambda: operations.make_token(**form.values, by=request.user, at=timezone.now()))
    home = reverse("web:profile")
    crumbs = [(_("My settings"), home)]
    if made is not None:
        token, raw = made
        context = {"title": _("Your new token"), "crumbs": crumbs, "token": token, "raw": raw, "back": home}
        return render(request, "profile/token.html", context)
    intro = _("A program that sends this token acts in your name, with your rights. It always expires.")
    context = {"form": form, "title": _("Make a token"), "intro": intro, "crumbs": crumbs, "back": home}
    context["action"] = _("Make a token")
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)


@page(methods=("POST",))
def revoke_token(request: UserRequest, pk: int) -> HttpResponse:
    """End a token at once."""
    operations.revoke_token(token_id=pk, by=request.user, at=timezone.now())
    messages.success(request, _("The token is dead from now on."))
    return redirect("web:profile")


@page(methods=("POST",))
def my_data(request: UserRequest) -> HttpResponse:
    """Hand out everything that is kept about the person."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    export_person(file=file, by=request.user, at=timezone.now())
    file.seek(0)
    name = f"openpsm-{request.user.username}.zip"
    response: HttpResponse = FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")  # type: ignore[assignment]  # a streaming answer is an answer
    for header, value in HEADERS.items():
        response.headers[header] = value
    return response
