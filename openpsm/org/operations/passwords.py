"""Changing and resetting passwords: every way ends the other sessions, and a link works once."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.versions import require_version
from openpsm.org import access, rules
from openpsm.org.limits import count_reset, password_tries
from openpsm.org.mail import reset_tokens, send_reset_links
from openpsm.org.models import User
from openpsm.org.operations.people import end_access, password_errors
from openpsm.org.operations.roles import require_not_above
from openpsm.org.operations.signing_in import check_password
from openpsm.org.permissions import Permission
from openpsm.org.queries import user_of_link


class ResetRefused(DomainError):
    """The link is wrong, used, too old or its user deactivated; it does not say which."""

    code = "reset-refused"

    def __init__(self) -> None:
        super().__init__(_("This link is not valid any more. Ask for a new one."))


def confirm_password(*, password: str, address: str, by: User, at: datetime) -> None:
    """Check one's own password again, before something grave. Raises InvalidInput (`password`), TooMany."""
    _require_password(by, password, address, "password", at)


def change_password(
    *, old_password: str, new_password: str, by: User, at: datetime, address: str = "", keep_session: str = ""
) -> User:
    """Set one's own password; all other sessions end, tokens stay. `keep_session` is the key of the current one.

    Raises InvalidInput (`old_password`, `new_password`), TooMany.
    """
    _require_password(by, old_password, address, "old_password", at)
    errors = password_errors(new_password, by, "new_password")
    if new_password == old_password:
        errors["new_password"] = [str(_("The new password is the old one."))]
    if errors:
        raise InvalidInput(errors)
    with transaction.atomic():
        user: User = User.objects.active().select_for_update(no_key=True).get(pk=by.pk)
        _set(user, new_password, must_change=False)
        ended, _tokens = end_access(user, at, keep_session=keep_session, keep_tokens=True)
        events.record("user.password_changed", subject=user, by=by, at=at, sessions=ended)
    return user


def request_reset(*, email: str, address: str, at: datetime) -> None:
    """Ask for a link by mail. Known or not: the same answer after the same work, for the worker looks the address up.

    Raises TooMany.
    """
    clean = rules.normal_username(email)[:254]
    count_reset(clean, address, at)
    send_reset_links.enqueue(email=clean, language=get_language() or settings.LANGUAGE_CODE)


def reset_password(*, uid: str, token: str, new_password: str, at: datetime) -> User:
    """Set a new password by a mailed link, which is thereby used up; all sessions and tokens of the user end.

    Raises ResetRefused, InvalidInput (`new_password`).
    """
    with transaction.atomic():
        found = user_of_link(uid, token)
        locked = User.objects.active().select_for_update(no_key=True)
        user: User | None = locked.filter(pk=found.pk).first() if found else None
        if user is None or not reset_tokens.check_token(user, token):  # again: another request may have been faster
            raise ResetRefused
        errors = password_errors(new_password, user, "new_password")
        if errors:
            raise InvalidInput(errors)
        _set(user, new_password, must_change=False)
        sessions, tokens = end_access(user, at)
        events.record("user.password_reset", subject=user, by=user, at=at, sessions=sessions, tokens=tokens)
    return user


def reset_by_administrator(*, user_id: int, by: User, at: datetime, version: int | None = None) -> str:
    """Give a user a made password, returned once, that they must change; all their sessions and tokens end.

    Refused for users who govern more of the installation than the administrator does.
    """
    password = rules.new_password()
    with transaction.atomic():
        rows = (
            User.objects.visible_to(by)
            .active()
            .select_for_update(no_key=True, of=("self",))
            .select_related("department")
        )
        user = rows.get(pk=user_id)
        access.require_over(by, Permission.USER_ADMIN, path=(user.department.path or "") if user.department else "")
        require_not_above(user, by)
        require_version(user, version)
        _set(user, password, must_change=True)
        sessions, tokens = end_access(user, at)
        data: dict[str, Any] = {"sessions": sessions, "tokens": tokens, "by_administrator": True}
        events.record("user.password_reset", subject=user, by=by, at=at, **data)
    return password


def reset_at_the_server(*, username: str, at: datetime) -> str:
    """Give a user a made password, returned once, that they must change, on the word of whoever has the server.

    The way back in when no administrator can sign in. All sessions and tokens end; the event has no author.
    """
    password = rules.new_password()
    with transaction.atomic():
        rows = User.objects.active().select_for_update(no_key=True)
        user = rows.filter(username=rules.normal_username(username)).first()
        if user is None:
            raise DomainError(_("There is no active user %(name)s.") % {"name": username}, code="no-such-user")
        _set(user, password, must_change=True)
        sessions, tokens = end_access(user, at)
        data: dict[str, Any] = {"sessions": sessions, "tokens": tokens, "at_the_server": True}
        events.record("user.password_reset", subject=user, by=None, at=at, **data)
    return password


def _set(user: User, password: str, *, must_change: bool) -> None:
    user.set_password(password)
    user.must_change_password = must_change
    user.version += 1
    user.save(update_fields=["password", "must_change_password", "version"])


def _require_password(by: User, password: str, address: str, field: str, at: datetime) -> None:
    tries = password_tries(by.username, address, at)
    tries.count()
    if not check_password(by, password):
        raise InvalidInput({field: [_("This is not your password.")]})
    tries.forgive()
