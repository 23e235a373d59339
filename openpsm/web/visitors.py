"""Where a request comes from, and where it may be sent back to."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme

from openpsm.web.access import route_of

_BROWSERS = (
    ("Edg", "Edge"),
    ("MicroMessenger", "微信"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def address_of(request: HttpRequest) -> str:
    """Return the visitor's address, empty where there is none (a socket).

    Behind OPENPSM_TRUSTED_PROXIES proxies it is what the outermost of them saw; what the visitor claims is not asked.
    """
    seen = [request.META.get("REMOTE_ADDR", "")]
    if settings.OPENPSM_TRUSTED_PROXIES:
        forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        seen = [part for part in forwarded if part][-settings.OPENPSM_TRUSTED_PROXIES :] or seen
    try:
        return str(ipaddress.ip_address(seen[0]))
    except ValueError:
        return ""


def agent_of(request: HttpRequest) -> str:
    """Return what the browser calls itself."""
    return request.headers.get("User-Agent", "")[:200]


def next_of(request: HttpRequest, fallback: str = "") -> str:
    """Return the page asked for in `next` if it is one of ours that can be opened, else the fallback."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None, require_https=request.is_secure())
    return wanted if own and wanted.startswith("/") and _is_page(wanted) else fallback or settings.LOGIN_REDIRECT_URL


def _is_page(address: str) -> bool:
    try:
        route = route_of(resolve(address.partition("?")[0].partition("#")[0]).func)
    except Resolver404:
        return False
    return route is not None and "GET" in route.methods


def browser_of(agent: str) -> str:
    """Return browser and system as people call them, what the browser said itself where neither is known."""
    known = [next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return " · ".join(filter(None, known)) or agent[:70]
