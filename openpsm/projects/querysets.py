"""Which projects: visibility first, then the filters that chain."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from openpsm.core import memo
from openpsm.core.grams import holding
from openpsm.core.text import fold, telling_bigrams
from openpsm.org import access
from openpsm.org.permissions import Permission

if TYPE_CHECKING:
    from openpsm.org.models import User
    from openpsm.projects.models import ClosingReport, Project, ProjectTotal  # noqa: F401  # named in strings

MARKS = ("running", "stalled", "debts", "unevaluated", "no-next-step", "tender-soon")
#: A tender within so many days is soon.
TENDER_DAYS = 14


def _joined(user: "User", path: str = "pk", *, of_others: bool = False) -> Q:
    """Projects on whose team the user is, the owner too, or that a role on the single project opens."""
    members = apps.get_model("projects", "ProjectMember")._default_manager.filter(user=user)
    members = members.exclude(role="owner") if of_others else members
    mine = Q(**{f"{path}__in": members.values("project_id")})
    granted = [pk for pk, held in access.reach(user).on_project.items() if Permission.PROJECT_VIEW_ALL in held]
    return mine | Q(**{f"{path}__in": granted}) if granted else mine


def behind(user: "User") -> Q | None:
    """The condition under which records with a `project` are seen through it; None means all of them.

    The same rule as `visible_to`, said of the record's own columns and the project's department, so that nothing has
    to be looked up row by row. Deleted projects are left to the caller.
    """
    mine = _joined(user, "project_id")
    return access.visible(user, view_all=Permission.PROJECT_VIEW_ALL, mine=mine, department="project__department")


def _stages(key: str) -> list[int]:
    """The ids of the stages with this key, asked once a request."""
    stages = apps.get_model("process", "Stage")._default_manager.filter(key=key)
    return memo.remember(f"stages.{key}", lambda: list(stages.values_list("pk", flat=True)))


class TotalQuerySet(models.QuerySet["ProjectTotal"]):
    """Kept totals narrowed as projects are; who may see them is said by `queries.totals`."""

    def in_stage(self, key: str) -> "TotalQuerySet":
        """Totals of the stage of this key, in any process (1 query)."""
        return self.filter(stage__in=_stages(key))


class ProjectQuerySet(models.QuerySet["Project"]):
    """Projects that are not in the recycle bin come through `visible_to`."""

    def live(self) -> "ProjectQuerySet":
        return self.filter(deleted_at=None)

    def visible_to(self, user: "User") -> "ProjectQuerySet":
        """Owner, team, managers up the department tree, and roles with a wider reach."""
        return self.live()._within_reach_of(user)

    def visible_in_parts(self, user: "User") -> list["ProjectQuerySet"]:
        """Sets without a common project that make up `visible_to`: what one owns, and what one has joined.

        Of each the database knows how few they are, of the two together it does not. One set for who sees departments.
        """
        if access.visible(user, view_all=Permission.PROJECT_VIEW_ALL, mine=Q()) != Q():
            return [self.visible_to(user)]
        return [self.live().filter(owner=user), self.live().joined_by(user).exclude(owner=user)]

    def in_bin_of(self, user: "User") -> "ProjectQuerySet":
        """Deleted projects that the user would see otherwise."""
        return self.filter(deleted_at__isnull=False)._within_reach_of(user)

    def _within_reach_of(self, user: "User") -> "ProjectQuerySet":
        condition = access.visible(user, view_all=Permission.PROJECT_VIEW_ALL, mine=_joined(user))
        return self if condition is None else self.filter(condition)

    def behind(self, user: "User") -> Q | None:
        """See `behind`; for packages below this one, which reach projects by name."""
        return behind(user)

    def joined_by(self, user: "User") -> "ProjectQuerySet":
        """Projects of others on whose team the user is, or that a role on the single project opens."""
        return self.filter(_joined(user, of_others=True))

    def running(self) -> "ProjectQuerySet":
        return self.filter(outcome="open", is_on_hold=False)

    def in_stage(self, key: str) -> "ProjectQuerySet":
        """Projects in the stage of this key, in any process (1 query): ids, so that the index on the stage serves."""
        return self.filter(stage__in=_stages(key))

    def matching(self, text: str) -> "ProjectQuerySet":
        """Projects whose name, pinyin or initials hold the text; width, case, script and blanks do not count.

        Chinese text is looked up by its pairs of signs (1 query); a single sign and Latin letters scan the search text.
        """
        key = fold(text)
        pairs = telling_bigrams(text)
        table = apps.get_model("projects", "ProjectGram")._default_manager.all()
        found = holding(self, pairs, table, "project_id") if pairs else self
        return found.filter(search_text__contains=key) if key and pairs != [key] else found

    def stalled(self) -> "ProjectQuerySet":
        """Running projects whose stage lasts longer than planned, or without a done activity for too long.

        Too long is 14 days for grade A and 30 for others. By the mark kept with the facts, as of their last refresh.
        """
        return self.running().filter(is_stalled=True)

    def with_mark(self, mark: str, on: date) -> "ProjectQuerySet":
        """Running projects that count under this name (of `MARKS`) on the boards: a figure opens what it counts."""
        chosen = {
            "running": Q(),
            "stalled": Q(is_stalled=True),
            "debts": Q(is_indebted=True),
            "unevaluated": Q(is_unevaluated=True),
            "no-next-step": Q(next_step=""),
            "tender-soon": Q(tender_on__gte=on, tender_on__lte=on + timedelta(days=TENDER_DAYS)),
        }
        return self.running().filter(chosen[mark])

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


class ClosingReportQuerySet(models.QuerySet["ClosingReport"]):
    """Standing reports of lost and dropped projects are open to all sellers, whoever sees the project.

    Of a project that the reader does not see, a list shows reason, winner, destination and price, nothing else.
    """

    def visible_to(self, user: "User") -> "ClosingReportQuerySet":
        standing = self.filter(reopened_at=None, project__deleted_at=None)
        if user.is_active and access.reach(user).holds_anywhere(Permission.REGISTRATION_CREATE):
            return standing
        through = behind(user)
        return standing if through is None else standing.filter(through)
