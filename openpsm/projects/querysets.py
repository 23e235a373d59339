"""Which projects: visibility first, then the filters that chain."""

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from openpsm.core import parameters
from openpsm.core.text import fold
from openpsm.org import access
from openpsm.org.permissions import Permission

if TYPE_CHECKING:
    from openpsm.org.models import User
    from openpsm.projects.models import Project  # noqa: F401  # named in a string


class ProjectQuerySet(models.QuerySet["Project"]):
    """Projects that are not in the recycle bin come through `visible_to`."""

    def live(self) -> "ProjectQuerySet":
        return self.filter(deleted_at=None)

    def visible_to(self, user: "User") -> "ProjectQuerySet":
        """Owner, team, managers up the department tree, and roles with a wider reach."""
        return self.live()._within_reach_of(user)

    def in_bin_of(self, user: "User") -> "ProjectQuerySet":
        """Deleted projects that the user would see otherwise."""
        return self.filter(deleted_at__isnull=False)._within_reach_of(user)

    def _within_reach_of(self, user: "User") -> "ProjectQuerySet":
        members = apps.get_model("projects", "ProjectMember")._default_manager
        mine = Q(pk__in=members.filter(user=user).values("project_id"))
        granted = [pk for pk, held in access.reach(user).on_project.items() if Permission.PROJECT_VIEW_ALL in held]
        if granted:
            mine |= Q(pk__in=granted)
        condition = access.visible(user, view_all=Permission.PROJECT_VIEW_ALL, mine=mine)
        return self if condition is None else self.filter(condition)

    def running(self) -> "ProjectQuerySet":
        return self.filter(outcome="open", is_on_hold=False)

    def in_stage(self, key: str) -> "ProjectQuerySet":
        """Projects in the stage of this key, in any process (1 query): ids, so that the index on the stage serves."""
        stages = apps.get_model("process", "Stage")._default_manager.filter(key=key)
        return self.filter(stage__in=list(stages.values_list("pk", flat=True)))

    def matching(self, text: str) -> "ProjectQuerySet":
        """Projects whose name, pinyin or initials hold the text; width, case, script and blanks do not count."""
        return self.filter(search_text__contains=fold(text)) if fold(text) else self

    def stalled(self, on: date) -> "ProjectQuerySet":
        """Running projects whose stage lasts longer than planned, or without a done activity for too long.

        Too long is 14 days for grade A and 30 for others, by the answers kept since the last refresh.
        """
        quiet = Q(grade="A") & self._quiet_for(parameters.value("projects.stalled_days_a"), on)
        quiet |= ~Q(grade="A") & self._quiet_for(parameters.value("projects.stalled_days"), on)
        return self.running().filter(Q(stage_due_on__lt=on) | quiet)

    def _quiet_for(self, days: int, on: date) -> Q:
        kept = "kept_facts__answers__activities.last_done_days__value"
        since = timezone.make_aware(datetime.combine(on - timedelta(days=days), time.min))
        never = Q(**{f"{kept}__isnull": True}) & Q(created_at__lt=since)
        return Q(**{f"{kept}__gt": days}) | never

    def with_debts(self) -> "ProjectQuerySet":
        """Projects that owe key nodes of an overridden gate."""
        debts = apps.get_model("projects", "Debt")._default_manager.filter(settled_at=None)
        return self.filter(pk__in=debts.values("project_id"))

    def with_debt_counts(self) -> "ProjectQuerySet":
        """Annotate `debt_count` and `debt_reviews` without grouping, so that rows can still be locked."""
        debts = apps.get_model("projects", "Debt")._default_manager.filter(settled_at=None, project_id=OuterRef("pk"))
        grouped = debts.order_by().values("project_id")
        count = Subquery(grouped.annotate(n=Count("pk")).values("n"))
        reviews = Subquery(grouped.annotate(n=Count("review_id", distinct=True)).values("n"))
        counts = {"debt_count": Coalesce(count, 0), "debt_reviews": Coalesce(reviews, 0)}
        return self.annotate(**counts)

    def with_names(self) -> "ProjectQuerySet":
        """Join what a row of a list shows: customer, owner, stage, department."""
        return self.select_related("account", "owner", "stage", "department")
