"""Reading activities."""

from django.db.models import F, Prefetch, QuerySet
from django.db.models.functions import Coalesce

from openpsm.accounts.models import Account
from openpsm.activities.models import Activity, ActivityColleague, ActivityPerson
from openpsm.org.models import User
from openpsm.projects.models import Project


def timeline(root: Project | Account, *, user: User, limit: int = 50) -> list[Activity]:
    """Return the newest activities of a project or account by their day, with people and colleagues.

    Planned ones stand by the planned day. 3 queries beside the reach.
    """
    mine = {"project": root} if isinstance(root, Project) else {"account": root}
    rows = with_people(Activity.objects.visible_to(user).filter(**mine))
    return list(rows.order_by(Coalesce(F("done_on"), F("planned_on")).desc(nulls_last=True), "-pk")[:limit])


def with_people(rows: QuerySet[Activity]) -> QuerySet[Activity]:
    """Load with the rows all that a list shows: owner, project, account, people met, colleagues (2 queries more)."""
    people = ActivityPerson.objects.select_related("contact", "stakeholder").order_by("pk")
    colleagues = ActivityColleague.objects.select_related("user").order_by("pk")
    joined = rows.select_related("owner", "project", "account", "confirmed_by")
    return joined.prefetch_related(Prefetch("people", people), Prefetch("colleagues", colleagues))


def latest(project: Project, *, limit: int) -> list[Activity]:
    """Return the last entries of a project that the caller has loaded as visible, newest entry first (1 query)."""
    rows = Activity.objects.filter(project=project, deleted_at=None).select_related("owner")
    return list(rows.order_by("-pk")[:limit])
