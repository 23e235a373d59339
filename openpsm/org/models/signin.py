"""Sessions and personal access tokens, listed to their owner and ended with the account."""

from typing import ClassVar

from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from openpsm.org.models.people import User
from openpsm.org.querysets import AccessTokenQuerySet, UserSessionQuerySet


class UserSessionManager(BaseSessionManager["UserSession"].from_queryset(UserSessionQuerySet)):  # type: ignore[misc]
    """Sessions by their owner."""


class UserSession(AbstractBaseSession):
    """A browser's session with its owner, so that it can be listed and ended from elsewhere."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    objects = UserSessionManager()  # type: ignore[misc]  # the stubs call it a class variable

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> type:
        from openpsm.org.sessions import SessionStore

        return SessionStore


class AccessToken(models.Model):
    """A personal access token for the API; only its SHA-256 is kept, the token itself is shown once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=60)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    is_read_only = models.BooleanField(_("read only"), default=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "-created_at"], name="token_by_user")]

    def __str__(self) -> str:
        return f"{self.prefix}…"
