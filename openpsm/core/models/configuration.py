"""Numbers and fields that a customer may change."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Parameter(models.Model):
    """The value of a declared parameter, where it differs from its default."""

    key = models.CharField(_("key"), max_length=100, unique=True)
    value = models.JSONField(_("value"))
    changed_at = models.DateTimeField(_("changed at"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("changed by"), null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("parameter")
        verbose_name_plural = _("parameters")

    def __str__(self) -> str:
        return self.key


class CustomField(models.Model):
    """The definition of a field that an installation added to a record; its values stand in the record's `custom`."""

    class Kind(models.TextChoices):
        TEXT = "text", _("text")
        NUMBER = "number", _("number")
        MONEY = "money", _("money")
        DATE = "date", _("date")
        CHOICE = "choice", _("choice")
        MULTI_CHOICE = "multi_choice", _("several choices")
        BOOLEAN = "boolean", _("yes or no")
        USER = "user", _("user")
        ACCOUNT = "account", _("account")
        FILE = "file", _("file")
        FORMULA = "formula", _("formula")

    model = models.CharField(_("record"), max_length=100)
    key = models.SlugField(_("key"), max_length=50)
    label_en = models.CharField(_("English name"), max_length=100)
    label_zh = models.CharField(_("Chinese name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    options = models.JSONField(_("options"), default=dict, blank=True)
    required = models.BooleanField(_("required"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ("model", "position", "pk")
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        constraints = (
            models.UniqueConstraint(
                fields=["model", "key"],
                name="one_custom_field_per_key",
                violation_error_message=_("This record already has a field with this key."),
            ),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the language of the reader, or in the other one where it is missing."""
        is_chinese = (get_language() or "").startswith("zh")
        return (self.label_zh or self.label_en) if is_chinese else (self.label_en or self.label_zh)
