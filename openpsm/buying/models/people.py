"""Who decides over there, and how they stand towards us.

Rules: docs/business-rules.md#weights, #attitude, #supporters
"""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Account, Contact
from openpsm.buying.querysets import StakeholderQuerySet, SupporterLabelQuerySet
from openpsm.core.versions import Versioned
from openpsm.projects.models import Project


class ProjectRole(models.TextChoices):
    FINAL_DECIDER = "final_decider", _("final decider")
    TECHNICAL_HEAD = "technical_head", _("technical head")
    TECHNICIAN = "technician", _("technician")


class PowerClass(models.IntegerChoices):
    UNAWARE = 1, _("unaware")
    WATCHING = 2, _("watching")
    POLITICAL = 3, _("political circle")
    CORE = 4, _("core circle")


class PersonalNeed(models.TextChoices):
    POWER = "power", _("power")
    ACHIEVEMENT = "achievement", _("achievement")
    RECOGNITION = "recognition", _("recognition")
    ACCEPTANCE = "acceptance", _("acceptance")
    SAFETY = "safety", _("safety")


#: From "against us" to "champion": the bounds of every attitude.
ATTITUDE = (MinValueValidator(-2), MaxValueValidator(2))


class SupporterKind(models.TextChoices):
    INSIDER = "insider", _("insider")
    SPONSOR = "sponsor", _("sponsor")
    COACH = "coach", _("coach")


class Stakeholder(Versioned):
    """A person's part in one project's buying decision; without `contact` a placeholder ("finance director, unknown").

    `weight` is in percent and shown normalised to 100 over the project. `attitude` is −2 (against) to +2 (champion),
    null while unknown. `buying_roles` holds keys of the buying vocabulary.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="stakeholders")
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="stakes")
    name = models.CharField(_("name"), max_length=60)
    title = models.CharField(_("post"), max_length=100, blank=True)
    buying_roles = models.JSONField(default=list, blank=True)
    project_role = models.CharField(max_length=20, choices=ProjectRole, blank=True)
    is_purchasing = models.BooleanField(_("purchasing department"), default=False)
    is_boss = models.BooleanField(_("the boss"), default=False)
    is_outside = models.BooleanField(_("outside the customer"), default=False)
    has_veto = models.BooleanField(_("has a veto"), default=False)
    power_class = models.PositiveSmallIntegerField(choices=PowerClass, null=True, blank=True)
    weight = models.PositiveSmallIntegerField(_("weight"), null=True, blank=True, validators=[MaxValueValidator(100)])
    attitude = models.SmallIntegerField(_("attitude"), null=True, blank=True, validators=ATTITUDE)
    attitude_on = models.DateField(null=True)
    personal_need = models.CharField(max_length=12, choices=PersonalNeed, blank=True)
    reports_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="reports")
    cover = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    contacted_on = models.DateField(_("last contacted on"), null=True, blank=True)
    next_step = models.CharField(max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    custom = models.JSONField(default=dict, blank=True)
    removed_at = models.DateTimeField(null=True)

    objects = StakeholderQuerySet.as_manager()

    class Meta:
        verbose_name = _("stakeholder")
        indexes: ClassVar = [models.Index(fields=["project", "id"], name="stakeholder_by_project")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "contact"],
                condition=models.Q(contact__isnull=False, removed_at=None),
                name="contact_once_per_project",
            ),
            models.CheckConstraint(
                condition=models.Q(attitude__isnull=True) | models.Q(attitude__range=(-2, 2)),
                name="stakeholder_attitude_range",
            ),
            models.CheckConstraint(
                condition=models.Q(weight__isnull=True) | models.Q(weight__lte=100), name="stakeholder_weight_percent"
            ),
            models.CheckConstraint(
                condition=models.Q(power_class=None) | models.Q(power_class__in=PowerClass.values),
                name="stakeholder_power_class_known",
            ),
            models.CheckConstraint(
                condition=models.Q(reports_to=None) | ~models.Q(reports_to=models.F("id")),
                name="stakeholder_not_their_own_superior",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AttitudeChange(models.Model):
    """How a stakeholder's attitude to us (or to `contender`) changed, and why we think so."""

    stakeholder = models.ForeignKey(Stakeholder, models.CASCADE, related_name="attitude_changes")
    contender = models.ForeignKey("buying.Contender", models.CASCADE, null=True, related_name="+")
    value = models.SmallIntegerField(_("attitude"), validators=ATTITUDE)
    reason = models.CharField(_("why we think so"), max_length=300)
    seen_on = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["stakeholder", "-id"], name="attitude_by_stakeholder")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(value__range=(-2, 2)), name="attitude_change_range"),
        ]

    def __str__(self) -> str:
        return f"{self.value:+d}"


class SupporterLabel(Versioned):
    """That a stakeholder is our insider, sponsor or coach: secret, read by its author's line of command only.

    Gates and lists see counts, never rows. Two authors may label the same person, since neither may learn of the
    other's label. Rule: docs/business-rules.md#supporters
    """

    stakeholder = models.ForeignKey(Stakeholder, models.CASCADE, related_name="labels")
    kind = models.CharField(max_length=10, choices=SupporterKind)
    shares_information = models.BooleanField(_("shares information with us"), default=False)
    acts_for_us = models.BooleanField(_("acts for us"), default=False)
    guides_us = models.BooleanField(_("guides our moves"), default=False)
    reason = models.CharField(_("how we know"), max_length=300)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = SupporterLabelQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["stakeholder", "kind", "author"],
                condition=models.Q(ended_at=None),
                name="one_live_label_per_kind",
            )
        ]

    def __str__(self) -> str:
        return self.kind
