"""Claims on customers and projects.

Rule: docs/business-rules.md#registration
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Account
from openpsm.core.versions import Versioned
from openpsm.projects.models import Project
from openpsm.registrations.querysets import RegistrationQuerySet


class Registration(Versioned):
    """A seller's claim on a customer (`kind` account) or a project, protected until `protected_until`.

    `strict_key` is the folded name (a project's is prefixed by its customer's id); no two live claims may share one:
    the database sees to it. A claim that waits for arbitration shares it with the one it clashes with, and has no
    record yet: what it asks for stands in `claim`.
    """

    class Kind(models.TextChoices):
        ACCOUNT = "account", _("customer")
        PROJECT = "project", _("project")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PENDING = "pending", _("pending arbitration")
        LIVE = "live", _("live")
        EXPIRED = "expired", _("expired")
        RELEASED = "released", _("released")
        REJECTED = "rejected", _("rejected")
        SUPERSEDED = "superseded", _("superseded")

    kind = models.CharField(max_length=8, choices=Kind)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.LIVE)
    name = models.CharField(_("name"), max_length=200)
    strict_key = models.CharField(max_length=240)
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="registrations")
    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="registrations")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="registrations")
    registered_at = models.DateTimeField()
    protected_until = models.DateField(null=True)
    confirmed_different = models.JSONField(default=list)
    claim = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "strict_key"],
                condition=models.Q(status="live"),
                name="one_live_registration_per_name",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="live")
                | models.Q(kind="account", account__isnull=False)
                | models.Q(kind="project", account__isnull=False, project__isnull=False),
                name="live_registration_has_its_record",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="registration_by_owner"),
            models.Index(fields=["account"], name="registration_by_account"),
            models.Index(fields=["status", "protected_until"], name="registration_protection"),
        ]

    def __str__(self) -> str:
        return self.name


class RegistrationLock(models.Model):
    """One row; whoever holds it registers, so that two alike but unequal names cannot both pass the check."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)

    def __str__(self) -> str:
        return "registration lock"
