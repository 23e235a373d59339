"""Files attached to records."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Attachment(models.Model):
    """A file of a record, stored under a generated name outside of everything the web server serves by itself."""

    root_type = models.CharField(_("kind of record"), max_length=100)
    root_id = models.BigIntegerField(_("record"))
    kind = models.CharField(_("kind"), max_length=50, blank=True)
    name = models.CharField(_("name"), max_length=200)
    size = models.PositiveBigIntegerField(_("size"))
    mime = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    storage_name = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("at"))
    deleted_at = models.DateTimeField(_("deleted at"), null=True)

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = (models.Index(fields=["root_type", "root_id"], name="attachment_root"),)

    def __str__(self) -> str:
        return self.name
