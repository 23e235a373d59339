"""Claims on customers and projects.

Rule: docs/business-rules.md#registration
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Account
from openpsm.core.money import QuantityField
from openpsm.core.versions import Versioned
from openpsm.org.models import Department
from openpsm.projects.models import Project
from openpsm.registrations.querysets import (
    ArbitrationQuerySet,
    PoolStayQuerySet,
    RegistrationQuerySet,
    TerritoryExceptionQuerySet,
    TerritoryQuerySet,
)


class Registration(Versioned):
    """A seller's claim on a customer (`kind` account) or a project, protected until `protected_until`, that day too.

    Real progress renews it (`renewed_at`); `warned_for` is the last day of which its owner was warned.

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
    renewed_at = models.DateTimeField(null=True)
    warned_for = models.DateField(null=True)
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


class PoolStay(models.Model):
    """A time that an account lay in the public pool: why it came there, from whom, and whose claim ended it.

    `put_by` is nobody where the program did it.
    """

    class Why(models.TextChoices):
        STOCK = "stock", _("brought in without owner")
        EXPIRED = "expired", _("protection ran out")
        RELEASED = "released", _("given back by the owner")
        RETURNED = "returned", _("taken back by a manager")
        UNWORKED = "unworked", _("claimed and not worked on")

    account = models.ForeignKey(Account, models.CASCADE, related_name="pool_stays")
    why = models.CharField(_("why it is in the pool"), max_length=10, choices=Why)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    former_owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    put_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    claim = models.OneToOneField(Registration, models.SET_NULL, null=True, related_name="pool_stay")

    objects = PoolStayQuerySet.as_manager()

    class Meta:
        verbose_name = _("stay in the public pool")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(left_at=None), name="one_pool_stay_at_a_time"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "-id"], name="pool_stay_by_account"),
            models.Index(fields=["former_owner", "-entered_at"], name="pool_stay_by_former_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} since {self.entered_at}"


class RegistrationLock(models.Model):
    """One row; whoever holds it registers, so that two alike but unequal names cannot both pass the check."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)

    def __str__(self) -> str:
        return "registration lock"


class Arbitration(Versioned):
    """Two claims on one customer or project, and who decided what between them.

    `claim` is the registration of the `asker`, who came second; `holder` owned the record then. Of the two one becomes
    `main`; the other is `assistant` with a `share_rate` of the commission, or nothing. The share is paid when all money
    is in, and the assistant's costs are charged to the main owner's project: commissions read it here. `ended_at` is
    the end of the question, decided or not.
    """

    claim = models.OneToOneField(Registration, models.PROTECT, related_name="arbitration")
    standing = models.ForeignKey(Registration, models.PROTECT, null=True, related_name="+")
    account = models.ForeignKey(Account, models.PROTECT, related_name="arbitrations")
    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="arbitrations")
    approval = models.OneToOneField("org.Approval", models.PROTECT, null=True, related_name="arbitration")
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asker_evidence = models.TextField(_("what the asker has to show"), blank=True)
    holder_evidence = models.TextField(_("what the owner has to show"), blank=True)
    asker_likelihood = models.PositiveSmallIntegerField(_("chance with the asker"), null=True)
    holder_likelihood = models.PositiveSmallIntegerField(_("chance with the owner"), null=True)
    main = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    assistant = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    share_rate = QuantityField(null=True)
    reason = models.CharField(_("reason"), max_length=1000, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = ArbitrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("arbitration")
        constraints: ClassVar = [
            models.UniqueConstraint(
                "account",
                Coalesce("project", 0),
                condition=models.Q(ended_at=None),
                name="one_open_arbitration_per_record",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_at=None, main=None, assistant=None)
                | models.Q(decided_at__isnull=False, main__isnull=False, ended_at__isnull=False),
                name="arbitration_decided_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(assistant=None, share_rate=None)
                | models.Q(assistant__isnull=False, share_rate__isnull=False),
                name="assistant_has_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asker_id} and {self.holder_id}"

    @property
    def record(self) -> Account | Project:
        """What both claim."""
        return self.project or self.account

    @property
    def share_percent(self) -> str:
        """The assistant's share in per cent, without trailing zeros."""
        return f"{(self.share_rate or 0) * 100:.2f}".rstrip("0").rstrip(".")


class Territory(Versioned):
    """A part of the market and who works there: customers named one by one, or by place and industry.

    `regions` are beginnings of division codes (41 is Henan), `industries` of GB/T 4754 codes; an empty list of one of
    the two limits nothing, two empty lists take in only the named accounts. Rule: docs/business-rules.md#territories
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    regions = models.JSONField(_("regions"), default=list)
    industries = models.JSONField(_("industries"), default=list)
    accounts = models.ManyToManyField(
        Account, verbose_name=_("named customers"), related_name="territories", through="TerritoryAccount"
    )
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, verbose_name=_("people"), related_name="territories")
    departments = models.ManyToManyField(Department, verbose_name=_("departments"), related_name="territories")
    is_active = models.BooleanField(default=True)

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("territory")

    def __str__(self) -> str:
        return self.name


class TerritoryAccount(models.Model):
    """A customer that a territory names; a row of its own, so that it moves when customers become one."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["territory", "account"], name="territory_names_account_once")
        ]

    def __str__(self) -> str:
        return f"{self.territory_id}:{self.account_id}"


class TerritoryException(Versioned):
    """The wish of one person to register one name in somebody else's territory; granted by another's yes.

    `ended_at` is the end of the question, however it ended.
    """

    territory = models.ForeignKey(Territory, models.PROTECT, related_name="exceptions")
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=200)
    strict_key = models.CharField(max_length=200)
    reason = models.CharField(_("reason"), max_length=300)
    approval = models.OneToOneField("org.Approval", models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = TerritoryExceptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("exception from a territory")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["asker", "territory", "strict_key"],
                condition=models.Q(ended_at=None),
                name="one_open_exception_per_name",
            ),
            models.CheckConstraint(
                condition=models.Q(granted_at=None) | models.Q(ended_at__isnull=False),
                name="granted_exception_has_ended",
            ),
        ]

    def __str__(self) -> str:
        return self.name
