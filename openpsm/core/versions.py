"""Optimistic locking: every record has a version, and whoever changes it says which one was seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from openpsm.core.errors import Stale


@dataclass(frozen=True, slots=True)
class Origin:
    """Who made a record elsewhere and when, for stock that is taken over; None is unknown.

    It keeps imported history from being credited to whoever imports it. An operation that takes one needs the right
    to take over stock.
    """

    by_id: int | None = None
    at: datetime | None = None


class Versioned(models.Model):
    """A record that people change. The operations set `updated_at` and `version` through `bump`, nothing else does."""

    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        abstract = True


class HasVersion(Protocol):
    version: int


def require_version(obj: HasVersion, version: int | None) -> None:
    """Raise Stale unless the caller saw the current version; None is for calls from inside the domain only."""
    if version is not None and version != obj.version:
        raise Stale(seen=version, current=obj.version)


def bump(obj: Versioned, *, at: datetime | None = None) -> list[str]:
    """Raise the version and, with `at`, mark the change; return the touched fields for `save(update_fields=…)`."""
    obj.version += 1
    if at is None:
        return ["version"]
    obj.updated_at = at
    return ["version", "updated_at"]
