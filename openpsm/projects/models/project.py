"""A project: one sales opportunity, from first news to collected money."""

from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Account, Competitor
from openpsm.catalog.models import Product
from openpsm.core.money import MoneyField, QuantityField, default_currency
from openpsm.core.text import SortKeyField
from openpsm.core.versions import Versioned
from openpsm.org.models import Department
from openpsm.process.models import ProcessVersion, ProcurementStep, Stage
from openpsm.projects.querysets import ClosingReportQuerySet, ProjectQuerySet


class Outcome(models.TextChoices):
    """How a project ended; it stands beside the stage and is not a stage."""

    OPEN = "open", _("open")
    WON = "won", _("won")
    LOST = "lost", _("lost")
    DROPPED = "dropped", _("dropped")


class PurchasingForm(models.TextChoices):
    """How the customer buys."""

    OPEN_TENDER = "open_tender", _("open tender")
    INVITED = "invited_tender", _("invited tender")
    NEGOTIATED = "negotiated", _("negotiated tender")
    INQUIRY = "inquiry", _("inquiry")
    SINGLE_SOURCE = "single_source", _("single source")
    DIRECT = "direct", _("direct purchase")


class ClosingReason(models.TextChoices):
    """Why a project was lost or dropped; `LOSE_REASONS` and `DROP_REASONS` say which goes with which."""

    PRICE = "price", _("price")
    TECHNIQUE = "technique", _("technique or product")
    RELATIONS = "relations", _("relations")
    TOO_LATE = "too_late", _("came too late")
    CRITERIA = "criteria", _("criteria written for a rival")
    DELIVERY = "delivery", _("delivery time")
    SERVICE = "service", _("service")
    TERMS = "terms", _("payment terms")
    QUALIFICATION = "qualification", _("qualification")
    DISQUALIFIED = "disqualified", _("bid rejected for form")
    DECIDER_CHANGED = "decider_changed", _("decider changed")
    OTHER = "other", _("other")
    FUNDS_AT_RISK = "funds_at_risk", _("funds at risk")
    TOO_SMALL = "too_small", _("too small")
    IMPOSSIBLE = "technically_impossible", _("technically impossible")
    DEMAND_NOT_MET = "demand_not_met", _("a demand we cannot meet")
    CRITERIA_AGAINST_US = "criteria_against_us", _("criteria against us")
    EVALUATION_FAILED = "evaluation_failed", _("evaluation not passed")
    NO_ACCESS = "no_access", _("no way in")
    CANCELLED = "customer_cancelled", _("cancelled by the customer")
    POSTPONED = "customer_postponed", _("postponed by the customer")
    BAD_NAME = "bad_name", _("the customer's name")
    BETTER_USE = "better_use", _("better use of our time")
    NOT_LAWFUL = "not_lawful", _("asked for something improper")


#: Declared in two halves: reasons of a lost project up to "other", of a dropped one after it.
_REASONS = ClosingReason.values
LOSE_REASONS = frozenset(_REASONS[: _REASONS.index("other") + 1])
DROP_REASONS = frozenset(_REASONS[_REASONS.index("other") + 1 :])


class TeamRole(models.TextChoices):
    """A member's part in our team."""

    OWNER = "owner", _("owner")
    ASSISTANT = "assistant", _("assistant")
    PRESALES = "presales", _("presales")
    MENTOR = "mentor", _("mentor")
    MEMBER = "member", _("member")


class PartyRole(models.TextChoices):
    """An account's part in the project."""

    OWNER = "owner", _("project owner")
    END_USER = "end_user", _("end user")
    DESIGN = "design_institute", _("design institute")
    CONTRACTOR = "contractor", _("general contractor")
    DEALER = "dealer", _("dealer")
    AGENCY = "agency", _("tender agency")


def _live(*fields: str, name: str) -> models.Index:
    return models.Index(fields=fields, name=name, condition=models.Q(deleted_at=None))


class Project(Versioned):
    """One sales opportunity.

    `amount` is tax-inclusive, in `amount_currency`. `possibility` (0–100 %) is what the seller states;
    `probability` is that number halved once for each overridden gate review with open debts, and is what lists
    sort and weigh by. `stage_due_on` is the last day that the stage is planned to last; after it the project is
    stalled. `entry_stage` is set on projects taken over: what lies before it is unproven. The marks `is_stalled`,
    `is_indebted` and `is_unevaluated` are kept with the facts; they count while the project is running.
    Rules: docs/business-rules.md#grade, #outcomes, #debts, #totals
    """

    name = models.CharField(_("name"), max_length=200)
    strict_key = models.CharField(max_length=200, db_index=True)
    sort_key = SortKeyField()
    search_text = models.TextField(default="")
    account = models.ForeignKey(Account, models.PROTECT, related_name="projects", verbose_name=_("customer"))
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="projects")
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", db_index=False)
    process_version = models.ForeignKey(ProcessVersion, models.PROTECT, related_name="+")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+", verbose_name=_("stage"), db_index=False)
    stage_entered_at = models.DateTimeField()
    stage_due_on = models.DateField()
    step = models.ForeignKey(ProcurementStep, models.PROTECT, null=True, related_name="+")
    step_on = models.DateField(null=True)
    step_source = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, default=Outcome.OPEN)
    outcome_at = models.DateTimeField(null=True)
    is_finished = models.BooleanField(default=False)
    is_on_hold = models.BooleanField(_("on hold"), default=False)
    hold_until = models.DateField(null=True)
    amount = MoneyField(_("amount"), default=0)
    amount_currency = models.CharField(max_length=3, default=default_currency)
    possibility = models.PositiveSmallIntegerField(_("possibility"), null=True)
    possibility_reason = models.CharField(max_length=300, blank=True)
    probability = models.PositiveSmallIntegerField(_("win probability"), default=0)
    grade = models.CharField(_("grade"), max_length=1, blank=True)
    is_grade_pinned = models.BooleanField(default=False)
    grade_reason = models.CharField(max_length=300, blank=True)
    is_contact_lowered = models.BooleanField(_("contact level lowered"), default=False)
    purchasing_form = models.CharField(_("purchasing form"), max_length=20, choices=PurchasingForm, blank=True)
    tender_on = models.DateField(_("tender expected on"), null=True)
    tender_source = models.CharField(max_length=200, blank=True)
    order_on = models.DateField(_("order expected on"), null=True)
    tender_number = models.CharField(_("tender number"), max_length=80, blank=True)
    boss_attitude = models.SmallIntegerField(_("the boss's attitude"), null=True)
    boss_attitude_source = models.CharField(max_length=200, blank=True)
    is_non_standard = models.BooleanField(_("non-standard product"), default=False)
    entry_stage = models.ForeignKey(Stage, models.PROTECT, null=True, related_name="+", db_index=False)
    region = models.CharField(_("region"), max_length=6, blank=True)
    site = models.CharField(_("site"), max_length=200, blank=True)
    product_line = models.CharField(_("product line"), max_length=60, blank=True)
    news_on = models.DateField(_("first news on"), null=True)
    news_source = models.CharField(_("source of the news"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    next_step = models.CharField(max_length=200, blank=True)
    next_on = models.DateField(null=True)
    is_stalled = models.BooleanField(_("stalled"), default=False)
    is_indebted = models.BooleanField(_("owes key nodes"), default=False)
    is_unevaluated = models.BooleanField(_("not evaluated"), default=True)
    custom = models.JSONField(default=dict, blank=True)
    deleted_at = models.DateTimeField(null=True)

    debt_count: int  # open debts, and the reviews they came from: filled in by `with_debt_counts`
    debt_reviews: int
    loaded: dict[
        str, Any
    ]  # the columns as the database has them, filled in by `from_db`: totals move by the difference

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        indexes: ClassVar = [
            # live ones only, with the department: pages and counts of all that managers see come from the index alone
            _live("stage", "-amount", "-id", "department", name="project_stage_amount"),
            _live("-amount", "-id", "department", name="project_amount"),
            _live("owner", "-amount", "-id", name="project_owner_amount"),
            _live("department", "-amount", "-id", name="project_department_amount"),
            models.Index(fields=["-created_at", "-id"], name="project_newest"),
            models.Index(fields=["sort_key", "id"], name="project_by_name"),
            models.Index(fields=["tender_on", "id"], name="project_tender"),
            models.Index(fields=["order_on", "id"], name="project_order"),
            models.Index(fields=["tender_number"], name="project_tender_number"),
            models.Index(
                fields=["tender_on", "department", "owner"],
                name="project_tender_ahead",
                condition=models.Q(deleted_at=None, outcome="open", is_on_hold=False),
            ),
            models.Index(
                fields=["-amount", "-id", "department"],
                name="project_stalled_amount",
                condition=models.Q(deleted_at=None, outcome="open", is_on_hold=False, is_stalled=True),
            ),
            models.Index(fields=["-deleted_at"], name="project_in_bin", condition=models.Q(deleted_at__isnull=False)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(possibility__isnull=True) | models.Q(possibility__lte=100),
                name="project_possibility_percent",
            ),
            models.CheckConstraint(
                condition=models.Q(boss_attitude__isnull=True) | models.Q(boss_attitude__range=(-2, 2)),
                name="project_boss_attitude_range",
            ),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="project_amount_positive"),
            models.CheckConstraint(condition=models.Q(probability__lte=100), name="project_probability_percent"),
            models.CheckConstraint(condition=models.Q(grade__in=("", "A", "B", "C", "D")), name="project_grade_known"),
            models.CheckConstraint(
                condition=models.Q(outcome=Outcome.OPEN, outcome_at=None)
                | (~models.Q(outcome=Outcome.OPEN) & models.Q(outcome_at__isnull=False)),
                name="project_ended_at_an_instant",
            ),
            models.CheckConstraint(
                condition=models.Q(is_on_hold=True) | models.Q(hold_until=None), name="project_rests_only_on_hold"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any) -> Self:
        """Remember the columns as loaded."""
        project = super().from_db(db, field_names, values, **more)
        project.loaded = dict(zip(field_names, values, strict=False))
        return project


class ProjectMember(models.Model):
    """Who of us works on a project; the owner is always a member too, so that one join answers "mine"."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="project_links")
    role = models.CharField(max_length=10, choices=TeamRole)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "project"], name="project_member_once"),
            models.UniqueConstraint(
                fields=["project"], condition=models.Q(role=TeamRole.OWNER), name="project_has_one_owner"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "project"], name="member_of_others", condition=~models.Q(role=TeamRole.OWNER)),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} on project {self.project_id}"


class ProjectGram(models.Model):
    """Two neighbouring signs of a project's name, one of them Chinese: finds parts of names from two signs up.

    As with those of accounts the database does not check the project again for each of the twenty rows.
    """

    gram = models.CharField(max_length=2)
    project = models.ForeignKey(Project, models.CASCADE, related_name="grams", db_index=False, db_constraint=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["gram", "project"], name="project_gram_once")]
        indexes: ClassVar = [models.Index(fields=["project"], name="project_gram_project")]

    def __str__(self) -> str:
        return self.gram


class Party(models.Model):
    """An account's part in a project; the customer itself is a party too."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="parties")
    account = models.ForeignKey(Account, models.PROTECT, related_name="parties", db_index=False)
    role = models.CharField(max_length=20, choices=PartyRole)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "project", "role"], name="party_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} as {self.role}"


class ProjectProduct(models.Model):
    """What the customer may buy in this project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="products")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    quantity = QuantityField(_("quantity"), null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "product"], name="project_product_once"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} in {self.project_id}"


class ClosingReport(models.Model):
    """Why a project was lost or dropped, who won it at which price, and where the customer went.

    Open to every seller. `winner_amount` is tax-inclusive, null where unknown. Rule: docs/business-rules.md#outcomes
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="closing_reports")
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField(_("reason"), max_length=40, choices=ClosingReason)
    reason_text = models.TextField(blank=True)
    winner = models.ForeignKey(Competitor, models.PROTECT, null=True, related_name="+")
    winner_amount = MoneyField(null=True)
    winner_currency = models.CharField(max_length=3, default=default_currency)
    destination = models.CharField(max_length=200, blank=True)
    revisit_on = models.DateField(null=True)
    hours_spent = QuantityField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reopened_at = models.DateTimeField(null=True)

    objects = ClosingReportQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project"], condition=models.Q(reopened_at=None), name="one_standing_report_per_project"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=(Outcome.LOST, Outcome.DROPPED)), name="report_of_a_closed_project"
            ),
            models.CheckConstraint(
                condition=models.Q(winner_amount=None) | models.Q(winner_amount__gte=0),
                name="winner_amount_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.reason}"
