"""What counts as real progress for a claim, and when it was made.

Rule: docs/business-rules.md#protection
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max, QuerySet

from openpsm.accounts.models import AccountVolume
from openpsm.core.dates import today
from openpsm.process import facts
from openpsm.projects.models import GateReview, Outcome, Project
from openpsm.registrations.models import Registration

#: Why a claim was renewed: a gate passed and the next stage entered, a confirmed visit, or business that is being done.
GATE, VISIT, TRADE = "gate", "visit", "trade"
#: Facts of a project each of which says that money or a contract is there.
BUSINESS = ("contract.signed", "receipt.first_in")
PASSED = (GateReview.Outcome.PASSED, GateReview.Outcome.OVERRIDDEN)


@dataclass(frozen=True, slots=True, order=True)
class Progress:
    """Something that renews a claim, from that day on."""

    on: date
    why: str


Visits = Callable[[Collection[int], Collection[int]], Mapping[str, Mapping[int, date]]]


def made_at(rows: Sequence[Registration], *, visits: Visits, on: date) -> dict[int, Progress]:
    """Return the latest progress by claim (8 queries, those of `visits` and one per provider of facts about business).

    A customer with whom business is done makes progress every day: it is never given away.
    """
    accounts = {row.account_id for row in rows if row.kind == Registration.Kind.ACCOUNT and row.account_id}
    projects = {row.project_id for row in rows if row.kind == Registration.Kind.PROJECT and row.project_id}
    if not rows:
        return {}
    gates, seen = _gates(accounts, projects), visits(accounts, projects)
    trading = {"account": trading_accounts(accounts, on), "project": _trading(Project.objects.live(), projects, on)}
    found: dict[int, Progress] = {}
    for row in rows:
        pk = (row.account_id if row.kind == "account" else row.project_id) or 0
        made = [Progress(today(at), GATE) for at in (gates[row.kind].get(pk),) if at]
        made += [Progress(day, VISIT) for day in (seen[row.kind].get(pk),) if day]
        made += [Progress(on, TRADE)] if pk in trading[row.kind] else []
        if made:
            found[row.pk] = max(made)
    return found


def _gates(accounts: Collection[int], projects: Collection[int]) -> dict[str, dict[int, datetime]]:
    """Return when a gate was last passed, by account and by project (2 queries)."""
    passed = GateReview.objects.filter(outcome__in=PASSED, project__deleted_at=None)
    of_accounts = passed.filter(project__account__in=accounts).values_list("project__account")
    of_projects = passed.filter(project__in=projects).values_list("project")
    return {"account": _latest(of_accounts), "project": _latest(of_projects)}


def _latest(rows: QuerySet[GateReview, tuple[int, ...]]) -> dict[int, datetime]:
    return dict(rows.annotate(last=Max("at")))  # type: ignore[arg-type]  # pairs of id and moment


def trading_accounts(accounts: Collection[int], on: date) -> set[int]:
    """Return the customers who buy or have a contract: volumes, a project won, or a fact that says so."""
    bought = AccountVolume.objects.filter(account__in=accounts).values_list("account_id", flat=True).distinct()
    projects = dict(Project.objects.live().filter(account__in=accounts).values_list("pk", "account_id"))
    trading = _trading(Project.objects.live(), projects, on)
    return {*bought, *(projects[pk] for pk in trading)}


def _trading(live: QuerySet[Project], projects: Iterable[int], on: date) -> set[int]:
    ids = list(projects)
    won = set(live.filter(pk__in=ids, outcome=Outcome.WON).values_list("pk", flat=True))
    answers = facts.ask(ids, on, names=BUSINESS)
    return won | {pk for pk, known in answers.items() if any(known[name].value for name in BUSINESS)}
