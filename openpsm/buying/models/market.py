"""What we know of a project, who else wants it, and what the customer will judge by."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Competitor
from openpsm.buying.models.people import Stakeholder
from openpsm.buying.querysets import ContenderQuerySet, CriterionQuerySet, IntelligenceQuerySet
from openpsm.core.versions import Versioned
from openpsm.projects.models import Project


class Element(models.TextChoices):
    """The six elements (六要素), and the other kinds of intelligence."""

    NEED = "need", _("need")
    SCHEDULE = "schedule", _("schedule")
    BUDGET = "budget", _("budget")
    COMPETITION = "competition", _("competition")
    DECISION = "decision", _("decision process")
    PRIORITIES = "priorities", _("what they look at first")
    PEOPLE = "people", _("people")
    CRITERIA = "criteria", _("purchase criteria")
    OTHER = "other", _("other")


#: The elements that must be answered before Develop can be left, in the order in which they are collected.
SIX_ELEMENTS = (
    Element.NEED,
    Element.SCHEDULE,
    Element.BUDGET,
    Element.COMPETITION,
    Element.DECISION,
    Element.PRIORITIES,
)


class IntelligenceItem(Versioned):
    """One piece of information with its source; `unknown` with `ask_by` is an honest answer and makes a task.

    `author` answers for it and alone knows an inside source, beside the line of command; a handover passes it on.
    """

    class State(models.TextChoices):
        KNOWN = "known", _("known")
        PARTLY = "partly", _("partly known")
        UNKNOWN = "unknown", _("unknown, will ask")

    class Source(models.TextChoices):
        CUSTOMER = "customer", _("somebody at the customer")
        INSIDER = "inside", _("an inside source")
        DESIGN = "design_institute", _("design institute")
        PARTNER = "partner", _("partner or dealer")
        COLLEAGUE = "colleague", _("colleague")
        RIVAL = "rival", _("a rival")
        PUBLIC = "public", _("public source or internet")
        SITE = "site", _("seen on site")
        OTHER = "other", _("other")

    project = models.ForeignKey(Project, models.CASCADE, related_name="intelligence")
    kind = models.CharField(_("kind"), max_length=12, choices=Element)
    state = models.CharField(_("how far known"), max_length=8, choices=State)
    text = models.TextField(_("what we know"), blank=True)
    source = models.CharField(_("source"), max_length=20, choices=Source, blank=True)
    source_person = models.CharField(_("who said it, where"), max_length=100, blank=True)
    got_on = models.DateField(_("learnt on"), null=True, blank=True)
    ask_by = models.DateField(_("will ask by"), null=True, blank=True)
    is_confirmed = models.BooleanField(_("confirmed"), default=False)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    replaced_by = models.ForeignKey("self", models.SET_NULL, null=True, related_name="replaced")
    removed_at = models.DateTimeField(null=True)

    objects = IntelligenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("intelligence item")
        indexes: ClassVar = [models.Index(fields=["project", "kind", "-id"], name="intelligence_by_project")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(state="unknown") | models.Q(ask_by__isnull=False, is_confirmed=False),
                name="unknown_will_be_asked",
            ),
            models.CheckConstraint(
                condition=models.Q(is_confirmed=False)
                | models.Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="intelligence_confirmed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.state}"


#: From "we are far ahead" to "they are far ahead".
POSITION = (MinValueValidator(-2), MaxValueValidator(2))
POSITIONS = ("product", "price", "solution", "service", "relations")


def _within_or_unknown(name: str, low: int, high: int) -> models.Q:
    return models.Q(**{name: None}) | models.Q(**{f"{name}__range": (low, high)})


class Contender(Versioned):
    """A rival in one project; positions are −2 (we are far ahead) to +2 (they are far ahead), null unknown."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="contenders")
    competitor = models.ForeignKey(Competitor, models.PROTECT, related_name="contests")
    product = models.SmallIntegerField(_("product"), null=True, blank=True, validators=POSITION)
    price = models.SmallIntegerField(_("price"), null=True, blank=True, validators=POSITION)
    solution = models.SmallIntegerField(_("solution"), null=True, blank=True, validators=POSITION)
    service = models.SmallIntegerField(_("service"), null=True, blank=True, validators=POSITION)
    relations = models.SmallIntegerField(_("relations"), null=True, blank=True, validators=POSITION)
    rank = models.PositiveSmallIntegerField(
        _("rank in the customer's eyes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
    )
    is_registered_earlier = models.BooleanField(_("was there before us"), default=False)
    last_move = models.CharField(_("last known move"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    removed_at = models.DateTimeField(null=True)

    objects = ContenderQuerySet.as_manager()

    class Meta:
        verbose_name = _("contender")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "competitor"], condition=models.Q(removed_at=None), name="contender_once"
            ),
            *(
                models.CheckConstraint(condition=_within_or_unknown(name, -2, 2), name=f"contender_{name}_range")
                for name in POSITIONS
            ),
            models.CheckConstraint(condition=_within_or_unknown("rank", 1, 99), name="contender_rank_range"),
        ]

    def __str__(self) -> str:
        return f"{self.competitor_id} in {self.project_id}"


class Criterion(Versioned):
    """What the customer will judge by; `our_fit` 0–5, `weight` in percent.

    A compulsory one knocks out whoever does not meet it; we meet it from `our_fit` 3 up.
    """

    class Origin(models.TextChoices):
        OURS = "ours", _("ours")
        NEUTRAL = "neutral", _("neutral")
        RIVAL = "rival", _("a rival's")

    project = models.ForeignKey(Project, models.CASCADE, related_name="criteria")
    text = models.CharField(_("criterion"), max_length=200)
    weight = models.PositiveSmallIntegerField(_("weight"), null=True, blank=True, validators=[MaxValueValidator(100)])
    our_fit = models.PositiveSmallIntegerField(
        _("how well we fit"), null=True, blank=True, validators=[MaxValueValidator(5)]
    )
    origin = models.CharField(_("whose wish"), max_length=8, choices=Origin, default=Origin.NEUTRAL)
    set_by = models.ForeignKey(Stakeholder, models.SET_NULL, null=True, blank=True, related_name="+")
    is_shaped_by_us = models.BooleanField(_("we shaped it"), default=False)
    is_knock_out = models.BooleanField(_("compulsory (knock-out)"), default=False)
    is_adopted = models.BooleanField(_("stands in the tender"), default=False)
    note = models.TextField(_("note"), blank=True)
    removed_at = models.DateTimeField(null=True)

    objects = CriterionQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase criterion")
        indexes: ClassVar = [models.Index(fields=["project", "id"], name="criterion_by_project")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=_within_or_unknown("weight", 0, 100), name="criterion_weight_percent"),
            models.CheckConstraint(condition=_within_or_unknown("our_fit", 0, 5), name="criterion_fit_range"),
        ]

    def __str__(self) -> str:
        return self.text
