"""Signed-in by default, and the language of the person who looks."""

from collections.abc import Callable
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django_htmx.http import HttpResponseClientRedirect

from openpsm.core.money import shown_in
from openpsm.web.access import route_of
from openpsm.web.views.errors import csrf_failure

PASSWORD_URL = "/password"  # noqa: S105 - an address
#: What somebody may do before they have changed a password that another person gave them.
WITH_A_GIVEN_PASSWORD = frozenset({PASSWORD_URL, "/theme"})

Answer = Callable[[HttpRequest], HttpResponse]


class SignedIn:
    """Sends strangers to the sign-in page, unless the route says that it is open to everybody.

    Somebody whose password was made by another person changes it before anything else. An htmx request gets a
    full-page redirect, never a sign-in form inside a table cell. A form that another site sends is refused.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *_args: object
    ) -> HttpResponse | None:
        route = route_of(view)
        if route is not None and _is_forged(request):
            return csrf_failure(request)
        if route is None or route.is_open:
            return None
        if not request.user.is_authenticated:
            return _sent_to(request, f"{settings.LOGIN_URL}?next={quote(request.get_full_path())}")
        if request.user.must_change_password and request.path not in WITH_A_GIVEN_PASSWORD:
            return _sent_to(request, PASSWORD_URL)
        return None


def _is_forged(request: HttpRequest) -> bool:
    """Whether the browser itself says that another site sends this form, whatever token it carries."""
    return request.method not in ("GET", "HEAD", "OPTIONS") and request.headers.get("Sec-Fetch-Site") == "cross-site"


def _sent_to(request: HttpRequest, target: str) -> HttpResponse:
    return HttpResponseClientRedirect(target) if request.headers.get("HX-Request") else redirect(target)


class UserLanguage:
    """Speaks the signed-in user's language, else the visitor's choice, else the installation's; amounts in theirs."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "") or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if chosen not in dict(settings.LANGUAGES):
            chosen = settings.LANGUAGE_CODE
        translation.activate(chosen)
        timezone.activate(settings.TIME_ZONE)
        with shown_in(getattr(request.user, "amount_unit", "")):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", chosen)
        return response
