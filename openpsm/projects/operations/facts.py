"""Keeping the answers of the fact providers, and what follows from them: debts made good, probability, grade.

Rules: docs/business-rules.md#facts, #debts, #grade
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from openpsm.core import bulk, events
from openpsm.core.dates import today
from openpsm.core.events import EventRow
from openpsm.core.locks import lock_rows
from openpsm.org.models import User
from openpsm.process import facts
from openpsm.process.facts import UNKNOWN, Answer
from openpsm.projects import queries, rules
from openpsm.projects.facts import OWN, own_answers
from openpsm.projects.models import Confirmation, Debt, Outcome, Project, ProjectFacts
from openpsm.projects.operations.records import save
from openpsm.projects.operations.totals import count_projects

Answers = dict[int, dict[str, Answer]]
BATCH = 200
#: The columns that follow from facts.
DERIVED = ("probability", "grade", "is_stalled", "is_indebted", "is_unevaluated")


def asked(projects: Sequence[Project], *, at: datetime) -> Answers:
    """Ask all providers about projects that the caller has locked or just made, with their debt counts.

    What the projects say themselves is read off them: 1 query for every other provider.
    """
    others = [name for name in facts.definitions() if name not in OWN]
    answers = facts.ask([project.pk for project in projects], today(at), names=others)
    for project in projects:
        answers[project.pk] |= own_answers(project, today(at))
    return answers


def refresh_facts(*, project_ids: Collection[int], at: datetime, by: User | None = None) -> None:
    """Ask all providers about the projects and keep what follows. Called in the transaction of whoever changed a fact.

    Set-wise: 1 query per provider and 4 statements; 6 more where debts are settled, 3 where grades change, at most.
    """
    with transaction.atomic():
        lock_rows(Project, project_ids)
        rows = Project.objects.filter(pk__in=project_ids).with_debt_counts().order_by("pk")
        refresh_locked(projects=list(rows), at=at, by=by)


def refresh_locked(*, projects: Sequence[Project], at: datetime, by: User | None = None) -> None:
    """The same for projects that the caller has locked, with their debt counts (1 query per provider, 2 statements)."""
    answers = asked(projects, at=at)
    settle_debts(projects, answers=answers, at=at, by=by)
    before = grades(projects)
    changed = derive(projects, answers=answers, on=today(at))
    keep(projects, answers=answers, at=at)
    if changed:
        Project.objects.bulk_update(changed, DERIVED)
    count_projects(projects)
    record_grades(projects, before=before, at=at, by=by)


def sweep(*, at: datetime) -> int:
    """Refresh the projects some of whose answers have turned; returns how many. Short transactions, one per batch."""
    due = ProjectFacts.objects.filter(turns_on__lte=today(at), project__deleted_at=None).order_by("pk")
    ids = list(due.values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        refresh_facts(project_ids=ids[start : start + BATCH], at=at)
    return len(ids)


def keep(projects: Sequence[Project], *, answers: Answers, at: datetime) -> None:
    """Keep all answers, those of the projects themselves taken from the objects as they are now (1 statement)."""
    for project in projects:
        answers[project.pk] |= own_answers(project, today(at))
    rows = [_row(project, answers[project.pk], at) for project in projects]
    fields = ["answers", "as_of", "turns_on"]
    ProjectFacts.objects.bulk_create(rows, update_conflicts=True, unique_fields=["project"], update_fields=fields)


def keep_new(projects: Sequence[Project], *, answers: Answers, at: datetime) -> None:
    """The same for projects of which nothing is kept yet, as bare rows: for loads of very many (1 statement)."""
    for project in projects:
        answers[project.pk] |= own_answers(project, today(at))
    bulk.write(ProjectFacts, (vars(_row(project, answers[project.pk], at)) for project in projects))


def keep_of_nothing(projects: Sequence[Project], *, at: datetime) -> None:
    """Keep the answers about projects made this moment (1 statement): those of the others are the same for all."""
    on = today(at)
    answers = {name: answer for name, answer in facts.of_nothing(on).items() if name not in OWN}
    kept = _kept(answers)
    turns = _turns(answers)
    bulk.write(ProjectFacts, (_fresh_row(project, kept, turns, at) for project in projects))


def _fresh_row(project: Project, kept: Mapping[str, Any], turns: Collection[date], at: datetime) -> dict[str, Any]:
    own = own_answers(project, today(at))
    due = [*turns, *_turns(own)] if project.outcome == Outcome.OPEN else []
    row = {"answers": {**kept, **_kept(own)}, "as_of": at, "turns_on": min(due, default=None)}
    return {"project_id": project.pk, **row}


def derive(projects: Sequence[Project], *, answers: Mapping[int, Mapping[str, Answer]], on: date) -> list[Project]:
    """Recompute probability, grade and marks from possibility, debts, dates and facts; returns what changed.

    1 query per request. A pinned grade stays, and so does that of a project that has ended.
    """
    bands, changed = queries.bands(), []
    for project in projects:
        before = [getattr(project, name) for name in DERIVED]
        project.probability = rules.probability(project.possibility, project.debt_reviews)
        if project.outcome == Outcome.OPEN and not project.is_grade_pinned:
            project.grade = _grade(project, on, bands)
        _mark(project, answers.get(project.pk, {}), on, bands)
        if [getattr(project, name) for name in DERIVED] != before:
            changed.append(project)
    return changed


def _mark(project: Project, answers: Mapping[str, Answer], on: date, bands: rules.Bands) -> None:
    """Set the marks that lists and totals show; they say something only while the project runs."""
    done = answers.get("activities.last_done_days", UNKNOWN).value
    quiet = (on - today(project.created_at)).days if done is None else int(done)
    project.is_stalled = rules.is_stalled(
        on=on, stage_due_on=project.stage_due_on, quiet_days=quiet, grade=project.grade, bands=bands
    )
    project.is_indebted = project.debt_count > 0
    project.is_unevaluated = answers.get("evaluation.score", UNKNOWN).value is None


def grades(projects: Iterable[Project]) -> dict[int, str]:
    """Return the grades by project, to be compared later."""
    return {project.pk: project.grade for project in projects}


def record_grades(projects: Iterable[Project], *, before: Mapping[int, str], at: datetime, by: User | None) -> None:
    """Leave an event where the grade came out differently, for nothing else remembers it (3 statements or none)."""
    other = [project for project in projects if project.grade != before[project.pk]]
    rows = [
        EventRow(project, data={"old": before[project.pk], "new": project.grade, "probability": project.probability})
        for project in other
    ]
    events.record_many("project.regraded", rows, by=by, at=at)


def _grade(project: Project, on: date, bands: rules.Bands) -> str:
    days = (project.order_on - on).days if project.order_on else None
    return rules.grade(days, None if project.possibility is None else project.probability, bands)


def settle_debts(projects: Sequence[Project], *, answers: Answers, at: datetime, by: User | None) -> None:
    """Close the debts whose key node holds by now, and count the others anew (no query where nobody owes)."""
    owing = {project.pk: project for project in projects if project.debt_count}
    if not owing:
        return
    debts = list(Debt.objects.filter(project_id__in=owing, settled_at=None).order_by("pk"))
    confirmed = _confirmed(owing)
    settled = [debt for debt in debts if _is_held(debt, owing[debt.project_id], answers[debt.project_id], confirmed)]
    _close(settled, owing, at=at, by=by)
    open_reviews: dict[int, list[int]] = defaultdict(list)
    for debt in debts:
        if debt.settled_at is None:
            open_reviews[debt.project_id].append(debt.review_id)
    for pk, project in owing.items():
        project.debt_count, project.debt_reviews = len(open_reviews[pk]), len(set(open_reviews[pk]))


def _confirmed(owing: Mapping[int, Project]) -> dict[int, set[str]]:
    """Return the confirmed key nodes by project (1 query)."""
    live = Confirmation.objects.filter(project_id__in=owing, kind=Confirmation.Kind.NODE, withdrawn_at=None)
    found: dict[int, set[str]] = defaultdict(set)
    for pk, key in live.values_list("project_id", "key"):
        found[pk].add(key)
    return found


def _is_held(debt: Debt, project: Project, answers: Mapping[str, Answer], confirmed: Mapping[int, set[str]]) -> bool:
    stage = queries.process_of(project).stage(debt.stage_id)
    node = stage.node(debt.node_key)
    known = confirmed.get(project.pk, set())
    return node is not None and rules.is_held(stage, node, facts=facts.values(answers), confirmed=known)


def _close(settled: Sequence[Debt], owing: Mapping[int, Project], *, at: datetime, by: User | None) -> None:
    if not settled:
        return
    for debt in settled:
        debt.settled_at = at
    Debt.objects.filter(pk__in=[debt.pk for debt in settled]).update(settled_at=at)
    rows = [EventRow(debt, root=owing[debt.project_id], data={"node": debt.node_key}) for debt in settled]
    events.record_many("debt.settled", rows, by=by, at=at)


def save_with_facts(project: Project, fields: Iterable[str], *, by: User | None, at: datetime) -> None:
    """Save changed fields of a locked project together with what follows from them.

    3 statements and 1 per provider of facts; up to 6 more where debts are settled, 3 where the grade changes.
    """
    answers = asked([project], at=at)
    settle_debts([project], answers=answers, at=at, by=by)
    before = grades([project])
    derive([project], answers=answers, on=today(at))
    save(project, [*fields, *DERIVED], at=at)
    keep([project], answers=answers, at=at)
    record_grades([project], before=before, at=at, by=by)


def ask_after_move(project: Project, answers: dict[str, Answer], *, at: datetime) -> None:
    """Ask again what depends on the stage, after it was saved (1 query per provider of such facts)."""
    names = [name for name in facts.following_stage() if name not in OWN]
    if names:
        answers |= facts.ask([project.pk], today(at), names=names)[project.pk]
    answers |= own_answers(project, today(at))


def _row(project: Project, answers: Mapping[str, Answer], at: datetime) -> ProjectFacts:
    turns = _turns(answers) if project.outcome == Outcome.OPEN else []
    return ProjectFacts(project=project, answers=_kept(answers), as_of=at, turns_on=min(turns, default=None))


def _kept(answers: Mapping[str, Answer]) -> dict[str, Any]:
    return {name: stored(answer) for name, answer in answers.items() if answer.value is not None}


def _turns(answers: Mapping[str, Answer]) -> list[date]:
    return [answer.turns_on for answer in answers.values() if answer.turns_on]


def stored(answer: Answer) -> dict[str, Any]:
    """Return an answer as JSON, empty parts left out."""
    parts = {"value": plain(answer.value), "source": answer.source, "as_of": plain(answer.as_of)}
    return {name: part for name, part in parts.items() if part not in (None, "")}


def plain(value: Any) -> Any:
    """Return a value as JSON: numbers stay numbers, so that they sort; dates are ISO."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value
