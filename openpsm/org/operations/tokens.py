"""Personal access tokens: made once, kept as a digest, dead with their owner."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Subquery
from django.utils.translation import gettext as _

from openpsm.core import events, parameters
from openpsm.core.errors import InvalidInput
from openpsm.core.models.configuration import Parameter
from openpsm.org import rules
from openpsm.org.models import AccessToken, User
from openpsm.org.notice import TEXT as NOTICE_TEXT
from openpsm.org.notice import TIME as NOTICE_TIME

DAYS = 90
USED_EVERY = timedelta(minutes=5)


def make_token(
    *, name: str, by: User, at: datetime, is_read_only: bool = False, days: int = DAYS
) -> tuple[AccessToken, str]:
    """Make a token of one's own; the second part of the answer is the token itself, never to be seen again.

    It always expires: after `days`, at most the parameter `token.days`. Raises InvalidInput.
    """
    most, clean, errors = parameters.value("token.days"), name.strip(), dict[str, list[str]]()
    if not 1 <= days <= most:
        errors["days"] = [_("A token lives for 1 to %(most)s days.") % {"most": most}]
    if not clean or len(clean) > 60:
        errors["name"] = [_("Give a name of at most 60 characters.")]
    if errors:
        raise InvalidInput(errors)
    raw = rules.new_token()
    with transaction.atomic():
        user = User.objects.active().get(pk=by.pk)
        token = AccessToken.objects.create(
            user=user,
            name=clean,
            prefix=raw[:12],
            digest=rules.digest(raw),
            is_read_only=is_read_only,
            created_at=at,
            expires_at=at + timedelta(days=days),
        )
        data: dict[str, Any] = {"prefix": token.prefix, "is_read_only": is_read_only, "days": days}
        events.record("token.made", subject=token, root=user, by=by, at=at, **data)
    return token, raw


def revoke_token(*, token_id: int, by: User, at: datetime) -> AccessToken:
    """End a token of one's own, or anybody's as an administrator of users; a second time does nothing."""
    with transaction.atomic():
        rows = AccessToken.objects.visible_to(by).select_for_update(no_key=True, of=("self",)).select_related("user")
        token: AccessToken = rows.get(pk=token_id)
        if token.revoked_at is None:
            token.revoked_at = at
            token.save(update_fields=["revoked_at"])
            events.record("token.revoked", subject=token, root=token.user, by=by, at=at, prefix=token.prefix)
    return token


@cache
def _usable() -> QuerySet[AccessToken]:
    """The question without the digest, put together once: every call of the API asks it."""
    notice = Parameter.objects.order_by().values("value")
    told = {
        "notice_text": Subquery(notice.filter(key=NOTICE_TEXT)[:1]),
        "notice_time": Subquery(notice.filter(key=NOTICE_TIME)[:1]),
    }
    rows = AccessToken.objects.live().filter(user__is_active=True).select_related("user__department")
    asked: QuerySet[AccessToken] = rows.annotate(**told)
    return asked


def authenticate_token(raw: str, *, at: datetime) -> AccessToken | None:
    """Return the live token with its active user, None otherwise (1 query; 1 more every 5 minutes to note the use)."""
    if not raw.startswith(rules.TOKEN_START) or len(raw) > 100:
        return None
    token: AccessToken | None = next(iter(_usable().filter(digest=rules.digest(raw))), None)
    if token is None or (token.expires_at is not None and token.expires_at <= at):
        return None
    if token.used_at is None or at - token.used_at >= USED_EVERY:
        AccessToken.objects.filter(pk=token.pk).update(used_at=at)
    return token
