"""Changing one's password, and getting a new one by mail."""

from typing import Any

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.org import operations, queries, sessions
from openpsm.web.access import UserRequest, page
from openpsm.web.forms import signin as forms
from openpsm.web.forms.base import attempt
from openpsm.web.visitors import address_of


@page(methods=("GET", "POST"))
def change(request: UserRequest) -> HttpResponse:
    """Set a new password; all other sessions end, this one goes on under a new key."""
    form, must = forms.ChangePasswordForm(request.POST or None), request.user.must_change_password
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("old_password", "new_password")}
        place = {"address": address_of(request), "keep_session": request.session.session_key or ""}
        user = attempt(form, lambda: operations.change_password(**given, **place, by=request.user, at=timezone.now()))
        if user is not None:
            auth.update_session_auth_hash(request, user)
            sessions.confirm(request.session, at=timezone.now())
            messages.success(request, _("Your new password holds from now on; all other sessions have ended."))
            return redirect(settings.LOGIN_REDIRECT_URL if must else reverse("web:profile"))
    intro = _("Your password was given to you by somebody else. Choose your own to go on.") if must else ""
    context = {"form": form, "title": _("Change the password"), "intro": intro, "is_alone": must}
    context |= {"action": _("Change the password"), "back": "" if must else reverse("web:profile")}
    template = "signin/page.html" if must else "components/form_page.html"
    return render(request, template, context, status=422 if form.errors else 200)


@page(is_open=True, methods=("GET", "POST"))
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail; the answer is the same whether somebody has this address or not."""
    form = forms.ResetForm(request.POST or None)
    context: dict[str, Any] = {
        "title": _("Forgot your password?"),
        "action": _("Send me a link"),
        "back": settings.LOGIN_URL,
    }
    if request.method == "POST" and form.is_valid():
        address, at = address_of(request), timezone.now()
        email = form.cleaned_data["email"]
        attempt(form, lambda: operations.request_reset(email=email, address=address, at=at))
        if not form.errors:
            sent = _("If somebody here has this address, a link is on its way. It works once, within 30 minutes.")
            return render(request, "signin/page.html", context | {"form": None, "done": sent, "action": ""})
    context |= {"form": form, "intro": _("We send a link to the e-mail address that stands with your user name.")}
    return render(request, "signin/page.html", context, status=422 if form.errors else 200)


@page(is_open=True, methods=("GET", "POST"))
def reset(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Set a new password by a mailed link; then sign in with it."""
    context: dict[str, Any] = {"title": _("Choose a new password"), "action": _("Save"), "back": settings.LOGIN_URL}
    if request.method == "GET" and queries.user_of_link(uid, token) is None:
        gone = _("This link is not valid any more. Ask for a new one.")
        context |= {"form": None, "action": "", "gone": gone}
        return render(request, "signin/page.html", context, status=410)
    form = forms.NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        new, at = form.cleaned_data["new_password"], timezone.now()
        user = attempt(form, lambda: operations.reset_password(uid=uid, token=token, new_password=new, at=at))
        if user is not None:
            messages.success(request, _("Your new password is set. Sign in with it."))
            return redirect("web:login")
    return render(request, "signin/page.html", context | {"form": form}, status=422 if form.errors else 200)
