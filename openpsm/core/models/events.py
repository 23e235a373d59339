"""The event log: what happened, in one chain; keys of sealed values; signed anchors of the chain."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One thing that happened. Written by `events.record` only; the database refuses to change or delete it."""

    seq = models.BigIntegerField(_("number"), primary_key=True)
    name = models.CharField(_("name"), max_length=100)
    subject_type = models.CharField(_("kind of record"), max_length=100)
    subject_id = models.BigIntegerField(_("record"))
    root_type = models.CharField(_("kind of main record"), max_length=100, blank=True)
    root_id = models.BigIntegerField(_("main record"), null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("at"))
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    data = models.JSONField(_("data"), default=dict)
    sealed = models.JSONField(_("sealed values"), default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("seq",)
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = (
            models.Index(fields=["subject_type", "subject_id", "seq"], name="event_subject"),
            models.Index(fields=["root_type", "root_id", "seq"], name="event_root"),
            models.Index(fields=["name", "seq"], name="event_name"),
            models.Index(fields=["at"], name="event_at"),
        )

    def __str__(self) -> str:
        return f"{self.seq} {self.name}"


class EventHead(models.Model):
    """The last link of the chain: one row, locked by whoever appends."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)
    mac = models.CharField(max_length=64)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="event_head_is_one_row"),)

    def __str__(self) -> str:
        return str(self.seq)


class SealKey(models.Model):
    """The key of one person's or record's sealed values, itself encrypted; deleting it erases the values."""

    owner_type = models.CharField(max_length=100)
    owner_id = models.BigIntegerField()
    key = models.CharField(max_length=255)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["owner_type", "owner_id"], name="one_seal_key_per_owner"),)

    def __str__(self) -> str:
        return f"{self.owner_type} {self.owner_id}"


class EventAnchor(models.Model):
    """A signed copy of the head at some moment; the same line stands in a file outside the database."""

    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    mac = models.CharField(max_length=64)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.seq} {self.at:%Y-%m-%d}"
