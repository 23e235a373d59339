"""Signing in with user name and password, and ending sessions. Rule: docs/business-rules.md#access"""

from datetime import datetime

import structlog
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from openpsm.core import events
from openpsm.core.errors import DomainError
from openpsm.org import access, rules
from openpsm.org.limits import password_tries
from openpsm.org.models import User, UserSession
from openpsm.org.operations.roles import require_not_above
from openpsm.org.permissions import Permission
from openpsm.org.queries import session_id

log = structlog.get_logger(__name__)


class SignInRefused(DomainError):
    """Name or password is wrong or the user is deactivated; it does not say which."""

    code = "sign-in-refused"

    def __init__(self) -> None:
        super().__init__(_("The user name or the password is not right."))


def sign_in(*, username: str, password: str, address: str, at: datetime) -> User:
    """Return the user if the password is right; the skin then opens the session (`sessions.start`).

    Unknown names take the same time and get the same answer. Raises SignInRefused, TooMany.
    """
    name = rules.normal_username(username)[:60]
    tries = password_tries(name, address, at)
    tries.count()
    user: User | None = User.objects.filter(username=name).first()
    is_right = check_password(user, password)
    if user is None or not is_right:
        log.warning("sign_in_refused", user_id=user.pk if user else None, address=address)
        raise SignInRefused
    tries.forgive()
    with transaction.atomic():
        events.record("user.signed_in", subject=user, by=user, at=at, sealed={"address": address})
    return user


def check_password(user: User | None, password: str) -> bool:
    """Whether it is an active user's password; hashes once for an unknown user too."""
    if user is None:
        make_password(password)
        return False
    return user.check_password(password) and user.is_active


def end_session(*, session: str, by: User, at: datetime) -> None:
    """End one of one's own sessions, named by its id in `queries.sessions_of` (never by its key)."""
    with transaction.atomic():
        own = UserSession.objects.filter(user=by)
        keys = [row.pk for row in own if session_id(row.pk) == session]
        if not keys:
            raise UserSession.DoesNotExist
        own.filter(pk__in=keys).delete()
        events.record("session.ended", subject=by, by=by, at=at, sessions=len(keys))


def end_other_sessions(*, keep: str, by: User, at: datetime) -> int:
    """End all of one's own sessions but the one with the key `keep`; returns how many."""
    with transaction.atomic():
        ended: int = UserSession.objects.filter(user=by).exclude(pk=keep).delete()[0]
        events.record("session.ended", subject=by, by=by, at=at, sessions=ended)
    return ended


def end_sessions_of(*, user_id: int, by: User, at: datetime) -> int:
    """End all sessions of a user, as an administrator; returns how many."""
    with transaction.atomic():
        user = User.objects.visible_to(by).select_related("department").get(pk=user_id)
        access.require_over(by, Permission.USER_ADMIN, path=(user.department.path or "") if user.department else "")
        require_not_above(user, by)
        ended: int = UserSession.objects.filter(user=user).delete()[0]
        events.record("session.ended", subject=user, by=by, at=at, sessions=ended)
    return ended
