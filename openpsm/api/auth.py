"""Who calls: a personal access token, never a cookie, so that a foreign page cannot call in a user's name."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.errors import AuthenticationError
from ninja.security import HttpBearer

from openpsm.core import parameters
from openpsm.core.errors import NotAllowed, TooMany
from openpsm.org import notice
from openpsm.org.models import AccessToken, User
from openpsm.org.operations.tokens import authenticate_token

WINDOW = timedelta(minutes=1)


class ApiRequest(HttpRequest):
    """A request of a token's user; `version` is what `If-Match` said, None where the operation needs none."""

    auth: User
    token: AccessToken
    version: int | None


class TokenAuth(HttpBearer):
    """Turns the `Authorization: Bearer` header into the token's user, once for a request."""

    def __call__(self, request: HttpRequest) -> Any:
        user = getattr(request, "auth", None)
        return user if isinstance(user, User) else super().__call__(request)

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        found = authenticate_token(token, at=timezone.now())
        if found is None:
            return None
        request.token, request.auth = found, found.user  # type: ignore[attr-defined]  # what ApiRequest declares
        return found.user


bearer = TokenAuth()


def notice_of(request: HttpRequest) -> str:
    """Return what everybody should know, as the value of a header: percent-encoded UTF-8; empty without one."""
    token = getattr(request, "token", None)
    text, time = getattr(token, "notice_text", ""), getattr(token, "notice_time", "")
    told = notice.of_stored({notice.TEXT: text or "", notice.TIME: time or ""})
    return quote(str(told), safe=" ,.:;-()/") if told else ""


def admit(request: ApiRequest, *, is_write: bool) -> None:
    """Let the caller in or raise AuthenticationError (401), NotAllowed (403: a read-only token) or TooMany (429)."""
    if bearer(request) is None:
        raise AuthenticationError
    _pace(request.token.pk)
    if is_write and request.token.is_read_only:
        raise NotAllowed(_("This token may only read. Make one that may write."))


def _pace(token_id: int) -> None:
    """Count this minute's requests of the token in the cache: no write to the database for a read."""
    now = timezone.now()
    key = f"api-pace:{token_id}:{int(now.timestamp() // WINDOW.total_seconds())}"
    cache.add(key, 0, timeout=2 * WINDOW.total_seconds())
    if cache.incr(key) > parameters.value("api.requests_per_minute"):
        raise TooMany(retry_after=60 - now.second)
