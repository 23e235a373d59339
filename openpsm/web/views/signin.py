"""Signing in and out, the first start, and what a visitor may choose before that."""

from typing import Any

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from openpsm.org import operations, queries, sessions
from openpsm.org.models import User
from openpsm.web.access import UserRequest, page
from openpsm.web.forms import signin as forms
from openpsm.web.forms.base import attempt
from openpsm.web.visitors import address_of, agent_of, next_of


def _enter(request: HttpRequest, user: User) -> None:
    """Open a session with a key of its own for this user."""
    auth.login(request, user, backend=sessions.BACKEND)
    sessions.start(request.session, address=address_of(request), agent=agent_of(request), at=timezone.now())


def _alone(request: HttpRequest, form: Any, **context: Any) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "signin/page.html", {"form": form, **context}, status=status)


@page(is_open=True, methods=("GET", "POST"))
def login(request: HttpRequest) -> HttpResponse:
    """Ask for user name and password; on the first start go to the set-up (1 query)."""
    if request.user.is_authenticated:
        return redirect(next_of(request))
    if request.method == "GET" and queries.needs_setup():
        return redirect("web:setup")
    form = forms.SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given, at = form.cleaned_data, timezone.now()
        user = attempt(form, lambda: operations.sign_in(**given, address=address_of(request), at=at))
        if user is not None:
            _enter(request, user)
            return redirect(next_of(request))
    wanted = request.POST.get("next") or request.GET.get("next", "")
    return _alone(request, form, title=_("Sign in"), action=_("Sign in"), next=wanted, can_reset=True)


@page(is_open=True, methods=("GET", "POST"))
def setup(request: HttpRequest) -> HttpResponse:
    """Make the first visitor of an empty installation its administrator."""
    if not queries.needs_setup():
        return redirect("web:login")
    form = forms.SetupForm(request.POST or None, initial={"language": translation.get_language()})
    if request.method == "POST" and form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "again"}
        user = attempt(form, lambda: operations.first_setup(**given, at=timezone.now()))
        if user is not None:
            _enter(request, user)
            return redirect(settings.LOGIN_REDIRECT_URL)
    intro = _("Nobody is here yet. Make yourself the administrator; you can invite your colleagues right after.")
    return _alone(request, form, title=_("Set up OpenPSM"), action=_("Begin"), intro=intro)


@page(is_open=True, methods=("POST",))
def logout(request: HttpRequest) -> HttpResponse:
    """End the session and make the browser forget what it kept of it."""
    auth.logout(request)
    response = redirect(settings.LOGOUT_REDIRECT_URL)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@page(is_open=True, methods=("POST",))
def language(request: UserRequest) -> HttpResponse:
    """Choose the language: kept with the user, and in a cookie for the pages before signing in."""
    chosen = request.POST.get("language", "")
    response = redirect(next_of(request))
    if chosen in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            operations.update_profile(changes={"language": chosen}, by=request.user, at=timezone.now())
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=365 * 24 * 3600,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            samesite="Lax",
            httponly=True,
        )
    return response


@page(methods=("POST",))
def theme(request: UserRequest) -> HttpResponse:
    """Choose light or dark colours."""
    chosen = request.POST.get("theme", "")
    if chosen in ("light", "dark"):
        operations.update_profile(changes={"theme": chosen}, by=request.user, at=timezone.now())
    return redirect(next_of(request))


@page()
def start(_request: UserRequest) -> HttpResponse:
    """Go to where the day begins."""
    return redirect(settings.LOGIN_REDIRECT_URL)
