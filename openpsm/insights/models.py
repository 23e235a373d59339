"""What somebody does not want to see today, and alerts. Everything else here is read from the packages below."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openpsm.accounts.models import Account
from openpsm.core.versions import Versioned
from openpsm.insights.querysets import AlertQuerySet
from openpsm.org.models import Department, Task
from openpsm.projects.models import Project


class Snooze(models.Model):
    """A line of Today put off by one person until a day: `kind` of line, and the id of the record it is about.

    It hides the line from that person only, and changes nothing of the record.
    """

    class Kind(models.TextChoices):
        STEP = "step", _("next step")
        GATE = "gate", _("key nodes")
        PENDING = "pending", _("registration")
        TENDER = "tender", _("tender")
        STALLED = "stalled", _("stalled")
        PROTECTION = "protection", _("protection")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    record_id = models.BigIntegerField()
    until = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind", "record_id"], name="snoozed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id} until {self.until}"


class Alert(Versioned):
    """A rule found something that somebody should react to. It closes by itself when the fact no longer holds.

    `subject_*` is what the rule looked at; `account` or `project` (neither for a person) says through which record it
    is seen. `seller` is whom it is about; of an alert for managers that person never hears. `measure` holds the
    numbers, from which the sentence is made when it is shown. One of a rule and subject is open at a time.
    """

    class State(models.TextChoices):
        RAISED = "raised", pgettext_lazy("alert", "raised")
        TASKED = "tasked", _("turned into a task")
        SNOOZED = "snoozed", _("put off")
        ANSWERED = "answered", _("answered")
        CLOSED = "closed", _("closed")

    rule = models.CharField(_("rule"), max_length=40)
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="+")
    department = models.ForeignKey(Department, models.SET_NULL, null=True, related_name="+")
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    is_for_managers = models.BooleanField(default=False)
    measure = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RAISED)
    raised_at = models.DateTimeField(_("raised"))
    snoozed_until = models.DateField(_("put off until"), null=True)
    escalated_at = models.DateTimeField(null=True)
    answer = models.TextField(_("answer"), blank=True)
    task = models.ForeignKey(Task, models.SET_NULL, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("why it was closed"), max_length=300, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        indexes: ClassVar = [
            models.Index(fields=["department", "state", "-raised_at"], name="alert_by_department"),
            models.Index(fields=["rule", "subject_id"], name="alert_by_subject"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule", "subject_type", "subject_id"],
                condition=~models.Q(state="closed"),
                name="one_open_alert_per_subject",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="snoozed") | models.Q(snoozed_until__isnull=False),
                name="snoozed_alert_has_a_day",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="closed") | models.Q(closed_at__isnull=False), name="closed_alert_has_an_hour"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject_type} {self.subject_id}"


class AlertPerson(models.Model):
    """Whom an alert calls upon: the owner, the two who clash, the manager, whoever it was escalated to."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="people")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["alert", "user"], name="alert_person_once")]
        indexes: ClassVar = [models.Index(fields=["user", "alert"], name="alert_by_person")]

    def __str__(self) -> str:
        return f"{self.user_id} of {self.alert_id}"
