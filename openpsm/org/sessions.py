"""Sessions kept in the database with their owner, so that they can be listed, and ended from elsewhere.

This is machinery of the skins and asks the clock itself, as Django's own session stores do.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from openpsm.core import memo
from openpsm.org.rules import is_session_over

if TYPE_CHECKING:
    from openpsm.org.models import User, UserSession

BACKEND = "openpsm.org.sessions.Backend"
IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=5)
CONFIRMED_FOR = timedelta(minutes=15)


class SessionStore(DatabaseStore):
    """Django's database sessions with owner, address and browser; over after 12 hours unused or 14 days in all."""

    @classmethod
    def get_model_class(cls) -> "type[UserSession]":
        from openpsm.org.models import UserSession  # the settings name this module before models load

        return UserSession

    def _get_session_from_db(self) -> "UserSession | None":
        now = timezone.now()
        live = self.get_model_class().objects.filter(session_key=self.session_key, expire_date__gt=now)
        row: UserSession | None = live.select_related("user").first()
        if row is None:
            self._session_key = None
            return None
        if is_session_over(started_at=row.started_at, seen_at=row.seen_at, at=now, idle=IDLE, absolute=ABSOLUTE):
            row.delete()
            self._session_key = None
            return None
        if row.user is not None:
            memo.put(_user_key(row.user.pk), row.user)
        if row.seen_at is None or now - row.seen_at >= SEEN_EVERY:
            type(row).objects.filter(pk=row.pk).update(seen_at=now)
        return row

    async def _aget_session_from_db(self) -> "UserSession | None":
        return await sync_to_async(self._get_session_from_db)()

    def create_model_instance(self, data: dict[str, Any]) -> "UserSession":
        row: UserSession = super().create_model_instance(data)  # type: ignore[assignment]  # of get_model_class
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.address, row.agent = data.get("address") or None, data.get("agent", "")
        row.seen_at = timezone.now()
        row.started_at = datetime.fromisoformat(data["started_at"]) if "started_at" in data else row.seen_at
        return row

    async def acreate_model_instance(self, data: dict[str, Any]) -> "UserSession":
        return await sync_to_async(self.create_model_instance)(data)


class Backend(ModelBackend):
    """Django's sign-in by name and password, whose user comes along with the session: one query for both."""

    def get_user(self, user_id: int) -> "User | None":
        user: User | None = memo.remember(_user_key(user_id), lambda: None)
        if user is None:
            return super().get_user(user_id)
        return user if self.user_can_authenticate(user) else None


def _user_key(user_id: int) -> str:
    return f"org.session.user:{user_id}"


def start(session: SessionBase, *, address: str, agent: str, at: datetime) -> None:
    """Note where the session comes from and when it began; call it right after Django's `login`."""
    session["address"], session["agent"], session["started_at"] = address, agent[:200], at.isoformat()
    confirm(session, at=at)


def confirm(session: SessionBase, *, at: datetime) -> None:
    """Note that the password has just been given."""
    session["confirmed_at"] = at.isoformat()


def is_confirmed(session: SessionBase, *, at: datetime) -> bool:
    """Whether the password was given in the last 15 minutes: asked before roles and users are changed."""
    given = session.get("confirmed_at")
    return given is not None and timedelta() <= at - datetime.fromisoformat(given) < CONFIRMED_FOR
