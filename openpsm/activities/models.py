"""Visits, calls and everything else we do with a customer: planned, then done, then followed by the next.

Rule: docs/business-rules.md#visits
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Account, Contact
from openpsm.activities.querysets import ActivityQuerySet, CommentQuerySet, PriceOfferQuerySet
from openpsm.buying.models import Stakeholder
from openpsm.core.money import MoneyField, QuantityField, default_currency
from openpsm.core.versions import Versioned
from openpsm.org.models import Department
from openpsm.projects.models import Project


class ActivityKind(models.TextChoices):
    VISIT = "visit", _("visit")
    CALL = "call", _("phone call")
    EXCHANGE = "technical_exchange", _("technical exchange")
    PLANT_TOUR = "plant_tour", _("plant tour")
    REFERENCE = "reference_visit", _("visit to a reference customer")
    DEMO = "demo", _("demonstration")
    TRIAL = "sample_trial", _("sample trial")
    PROPOSAL = "proposal", _("proposal handed in")
    DINNER = "dinner", _("dinner")
    MEETING = "meeting", _("meeting")
    MESSAGE = "message", _("message")
    OTHER = "other", _("other")


class Activity(Versioned):
    """One contact with a customer. Done ones carry a result and a next step; `hours` and `cost` are optional."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")

    account = models.ForeignKey(Account, models.PROTECT, related_name="activities")
    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="activities")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="activities")
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(_("kind"), max_length=20, choices=ActivityKind, default=ActivityKind.VISIT)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    planned_on = models.DateField(_("planned for"), null=True, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    purpose = models.CharField(_("purpose"), max_length=200, blank=True)
    wanted_result = models.CharField(_("wanted result"), max_length=200, blank=True)
    result = models.TextField(_("result"), blank=True)
    effect = models.CharField(_("effect"), max_length=200, blank=True)
    next_step = models.CharField(_("next step"), max_length=200, blank=True)
    next_on = models.DateField(_("next step on"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True)
    hours = QuantityField(_("hours"), null=True, blank=True)
    cost = MoneyField(_("cost"), null=True, blank=True)
    cost_currency = models.CharField(max_length=3, default=default_currency)
    is_confirmed = models.BooleanField(_("confirmed"), default=False)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    client_key = models.CharField(max_length=64, blank=True)
    deleted_at = models.DateTimeField(null=True)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        indexes: ClassVar = [
            models.Index(fields=["project", "-id"], name="activity_by_project"),
            models.Index(fields=["account", "-id"], name="activity_by_account"),
            models.Index(fields=["owner", "-id"], name="activity_by_owner"),
            models.Index(fields=["department", "-id"], name="activity_by_department"),
            models.Index(
                fields=["planned_on", "id"],
                name="activity_planned",
                condition=models.Q(state="planned", deleted_at__isnull=True),
            ),
            models.Index(fields=["-deleted_at"], name="activity_in_bin", condition=models.Q(deleted_at__isnull=False)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "client_key"], condition=~models.Q(client_key=""), name="activity_sent_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done") | models.Q(done_on__isnull=False), name="done_activity_has_a_day"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="planned") | models.Q(planned_on__isnull=False),
                name="planned_activity_has_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(is_confirmed=False)
                | models.Q(confirmed_by__isnull=False, confirmed_at__isnull=False, state="done"),
                name="activity_confirmed_by_somebody",
            ),
            models.CheckConstraint(
                condition=(models.Q(cost=None) | models.Q(cost__gte=0))
                & (models.Q(hours=None) | models.Q(hours__gte=0)),
                name="activity_effort_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.done_on or self.planned_on}"


class ActivityPerson(models.Model):
    """Somebody of the customer's who was there."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="people")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="met_in")
    stakeholder = models.ForeignKey(Stakeholder, models.PROTECT, null=True, related_name="met_in")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "activity", Coalesce("contact", 0), Coalesce("stakeholder", 0), name="person_once_per_activity"
            ),
            models.CheckConstraint(
                condition=models.Q(contact__isnull=False) | models.Q(stakeholder__isnull=False),
                name="person_of_activity_is_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id or self.stakeholder_id} in {self.activity_id}"


class ActivityColleague(models.Model):
    """One of us who came along."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="colleagues")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["activity", "user"], name="colleague_once_per_activity"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.activity_id}"


class Comment(Versioned):
    """What somebody wrote at a project, an account or an activity: at exactly one of them.

    `edited_at` says that its author changed it afterwards; what stood there before is in the history. A deleted one
    is gone from every page.
    """

    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="comments")
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="comments")
    activity = models.ForeignKey(Activity, models.PROTECT, null=True, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(_("comment"))
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        indexes: ClassVar = [
            models.Index(fields=[name, "-id"], name=f"comment_by_{name}", condition=models.Q(deleted_at=None))
            for name in ("project", "account", "activity")
        ] + [
            models.Index(
                fields=["author", "-deleted_at"], name="comment_in_bin", condition=models.Q(deleted_at__isnull=False)
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(project__isnull=False, account=None, activity=None)
                | models.Q(project=None, account__isnull=False, activity=None)
                | models.Q(project=None, account=None, activity__isnull=False),
                name="comment_about_one_record",
            ),
            models.CheckConstraint(condition=~models.Q(text=""), name="comment_says_something"),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def about(self) -> Project | Account | Activity:
        """The record it was written at; joined by `with_names`."""
        return self.project or self.account or self.activity  # type: ignore[return-value]  # one of them is there


class CommentMention(models.Model):
    """Somebody a comment calls by name, and who sees the record."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["comment", "user"], name="mentioned_once_per_comment"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.comment_id}"


class PriceOffer(models.Model):
    """A price for one unit, tax included, that somebody says they offered a customer; `product` is a code or nothing.

    Never changed: another price is another row. Quotes will state it too.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="price_offers")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    product = models.CharField(_("product"), max_length=40, blank=True)
    unit_price = QuantityField(_("price offered"))
    currency = models.CharField(max_length=3, default=default_currency)
    unit = models.CharField(_("unit"), max_length=20)
    offered_on = models.DateField(_("offered on"))
    created_at = models.DateTimeField()

    objects = PriceOfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("price offered")
        indexes: ClassVar = [models.Index(fields=["account", "-offered_on"], name="price_by_account")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(unit_price__gt=0), name="offered_price_is_a_price"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_price} {self.currency}/{self.unit}"
