"""What our activities say about a project."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from openpsm.activities.models import Activity, ActivityPerson
from openpsm.activities.rules import VISITS
from openpsm.core.models import Attachment
from openpsm.process.facts import Answer, provider

State = Activity.State


@provider("activities.last_done_days", "activities.confirmed_visits", "activities.hours", "activities.cost")
def activity_facts(project_ids: Collection[int], on: date) -> dict[int, dict[str, Any]]:
    """Answer from the done activities of each project (1 query); the days since the last one turn every midnight."""
    done = Activity.objects.filter(project_id__in=project_ids, state=State.DONE, deleted_at=None)
    own_money = Q(cost_currency=settings.OPENPSM_CURRENCY)
    rows = done.values("project_id").annotate(
        last=Max("done_on"),
        visits=Count("pk", filter=Q(kind__in=VISITS) & _somebody_met() & (Q(is_confirmed=True) | _photo())),
        spent_hours=Sum("hours"),
        spent=Sum("cost", filter=own_money),
    )
    found = {row["project_id"]: row for row in rows}
    return {pk: _answers(found[pk], on) if pk in found else NONE for pk in project_ids}


def confirmed(rows: QuerySet[Activity]) -> QuerySet[Activity]:
    """Narrow down to confirmed visits: done, somebody met, and a tick or a photo."""
    is_proven = Q(is_confirmed=True) | _photo()
    return rows.filter(_somebody_met(), is_proven, state=State.DONE, kind__in=VISITS)


def _somebody_met() -> Exists:
    return Exists(ActivityPerson.objects.filter(activity=OuterRef("pk")))


def _photo() -> Exists:
    photos = Attachment.objects.filter(root_type=Activity._meta.label_lower, mime__startswith="image/", deleted_at=None)
    return Exists(photos.filter(root_id=OuterRef("pk")))


NONE: dict[str, Any] = {"activities.confirmed_visits": 0, "activities.hours": 0, "activities.cost": 0}


def _answers(row: dict[str, Any], on: date) -> dict[str, Any]:
    days = Answer((on - row["last"]).days, as_of=row["last"], turns_on=on + timedelta(days=1))
    numbers = {"confirmed_visits": row["visits"], "hours": row["spent_hours"] or 0, "cost": row["spent"] or 0}
    return {"activities.last_done_days": days} | {f"activities.{name}": value for name, value in numbers.items()}
