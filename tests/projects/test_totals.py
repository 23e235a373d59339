"""Kept totals: they move with every change of a project, are exact at any time, and are mended when they are not."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from openpsm.core import links
from openpsm.core.paging import Kept
from openpsm.projects import operations
from openpsm.projects.models import Project, ProjectTotal
from openpsm.projects.operations import TakenOver
from openpsm.projects.queries import totals
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.activities import log_activity
from tests.factories.org import make_department, make_role, make_user
from tests.factories.projects import (
    REASON,
    confirm,
    make_manager,
    make_owner,
    make_project,
    make_small_project,
    new_project,
)

pytestmark = pytest.mark.django_db
ALL = Q()


def _by_state() -> dict[str, tuple[int, Any]]:
    sums = totals.group(totals.kept(ALL, "state"), lambda row: row["state"])
    return {state: (one.count, [(m.currency, m.amount, m.weighted) for m in one.money]) for state, one in sums.items()}


def test_a_new_project_is_counted_with_its_weight() -> None:
    make_project(amount=Decimal("1000.01"), possibility=33)
    assert _by_state() == {"open": (1, [("CNY", Decimal("1000.01"), Decimal("330.00"))])}
    assert totals.drift() == {}


def test_currencies_stand_side_by_side() -> None:
    owner = make_owner()
    make_project(owner=owner, amount=100, currency="CNY", possibility=50)
    make_project(owner=owner, amount=900, currency="USD", possibility=10)
    assert _by_state()["open"] == (2, [("USD", Decimal(900), Decimal(90)), ("CNY", Decimal(100), Decimal(50))])


def test_totals_follow_a_project_through_its_life() -> None:
    project = make_small_project(amount=100, possibility=50)
    manager = make_manager(project)

    def seen() -> dict[str, int]:
        assert totals.drift() == {}
        return {state: count for state, (count, _money) in _by_state().items()}

    def of_stage() -> list[tuple[int, int, int]]:
        return [(r["stage"], r["count"], r["indebted"]) for r in totals.kept(ALL, "stage")]

    confirm(project, "one", "two")
    moved = operations.advance_stage(project_id=project.pk, by=project.owner, at=AT)
    assert of_stage() == [(moved.stage_id, 1, 0)]
    moved = operations.advance_stage(project_id=project.pk, by=manager, at=AT, override_reason=REASON)
    assert of_stage() == [(moved.stage_id, 1, 1)]
    assert _by_state()["open"][1] == [("CNY", Decimal(100), Decimal(25))]  # halved by the debt
    operations.go_back(project_id=project.pk, stage_key="first", reason=REASON, by=project.owner, at=AT)
    operations.hold(project_id=project.pk, reason=REASON, by=project.owner, at=AT)
    assert seen() == {"held": 1}
    operations.resume(project_id=project.pk, reason=REASON, by=project.owner, at=AT)
    operations.update_project(project_id=project.pk, changes={"amount": 300}, by=project.owner, at=AT)
    assert (seen(), _by_state()["open"][1][0][1]) == ({"open": 1}, Decimal(300))
    operations.win(project_id=project.pk, by=manager, at=AT, override_reason=REASON)
    assert seen() == {"won": 1}
    lost = make_project()
    operations.lose(project_id=lost.pk, reason="price", destination="Rival works", by=lost.owner, at=AT)
    assert seen() == {"won": 1, "lost": 1}
    operations.reopen(project_id=lost.pk, reason=REASON, by=lost.owner, at=AT)
    operations.delete_project(project_id=lost.pk, by=make_manager(lost), at=AT)
    assert seen() == {"won": 1}
    operations.restore_project(project_id=lost.pk, by=lost.owner, at=AT)
    assert seen() == {"won": 1, "open": 1}


def test_totals_follow_the_owner() -> None:
    project = make_project()
    new = make_user(department=make_department())
    operations.change_owner(project_id=project.pk, owner_id=new.pk, reason=REASON, by=make_manager(project), at=AT)
    rows = totals.kept(ALL, "owner", "department")
    assert [(row["owner"], row["department"]) for row in rows] == [(new.pk, new.department_id)]
    old, heir = new, make_user(department=make_department())
    move = next(
        link.move for link in links.declared("org.user") if link.model == "projects.project" and link.field == "owner"
    )
    assert move
    move(old=old, new=heir, by=None, at=AT)
    rows = totals.kept(ALL, "owner", "department")
    assert [(row["owner"], row["department"]) for row in rows] == [(heir.pk, heir.department_id)]
    assert totals.drift() == {}


def test_marks_are_counted_and_follow_time_and_work() -> None:
    project = make_project()

    def marks() -> dict[str, int]:
        (row,) = totals.kept(ALL)
        return {name: row[name] for name in ("stalled", "unevaluated", "stepless")}

    assert marks() == {"stalled": 0, "unevaluated": 1, "stepless": 1}
    log_activity(project)
    assert marks() == {"stalled": 0, "unevaluated": 1, "stepless": 0}
    operations.sweep(at=AT + timedelta(days=300))
    assert marks()["stalled"] == 1
    operations.hold(project_id=project.pk, reason=REASON, by=project.owner, at=AT)
    assert marks() == {"stalled": 0, "unevaluated": 0, "stepless": 0}  # what rests waits for nobody
    assert totals.drift() == {}


def test_many_projects_are_counted_in_one_statement() -> None:
    owner = make_owner()
    account = make_account(owner=owner)
    rows = [new_project(account=account) for _index in range(30)]
    with CaptureQueriesContext(connection) as found:
        operations.create_projects(rows=rows, by=owner, at=AT)
    inserts = [one["sql"] for one in found.captured_queries if "projects_projecttotal" in one["sql"]]
    assert (len(inserts), _by_state()["open"][0]) == (1, 30)


def test_an_unchanged_share_writes_nothing() -> None:
    project = make_project()
    with CaptureQueriesContext(connection) as found:
        operations.update_project(project_id=project.pk, changes={"note": "New"}, by=project.owner, at=AT)
    assert [one for one in found.captured_queries if "projects_projecttotal" in one["sql"]] == []


def test_projects_taken_over_are_counted() -> None:
    make_role("importer", ["project.take_over"])
    owner = make_user(roles=("seller", "importer"), department=make_department())
    taken = TakenOver(new_project(account=make_account(owner=owner)), "bid", AT - timedelta(days=400))
    operations.take_over_projects(rows=[taken], by=owner, at=AT, source="old.xlsx")
    (row,) = totals.kept(ALL, "state")
    assert ((row["state"], row["count"], row["stalled"]), totals.drift()) == (("open", 1, 1), {})


def test_folding_keeps_the_sums_and_drops_what_is_nothing() -> None:
    project = make_small_project(amount=100)
    make_project(owner=project.owner)
    for amount in (200, 300, 400):
        operations.update_project(project_id=project.pk, changes={"amount": amount}, by=project.owner, at=AT)
    confirm(project, "one", "two")
    operations.advance_stage(project_id=project.pk, by=project.owner, at=AT)
    before = sorted(map(str, totals.kept(ALL, *totals.KEYS[:-1])))
    assert operations.fold_totals() > 0
    assert (sorted(map(str, totals.kept(ALL, *totals.KEYS[:-1]))), ProjectTotal.objects.count()) == (before, 2)
    assert (operations.fold_totals(), totals.drift()) == (0, {})


def test_drift_is_found_and_mended() -> None:
    project = make_project(amount=100)
    Project.objects.filter(pk=project.pk).update(amount=150)
    assert [figures[1] for figures in totals.drift().values()] == [Decimal(50)]
    assert operations.rebuild_totals() == 1
    assert (totals.drift(), _by_state()["open"][1][0][1]) == ({}, Decimal(150))
    ProjectTotal.objects.all().delete()
    assert (operations.rebuild_totals(), totals.drift()) == (1, {})


def test_totals_in_reach_hold_what_is_visible_and_nothing_else() -> None:
    above = make_department()
    below, beside = make_department(parent=above), make_department()
    boss = make_user(roles=("sales-manager",), manages=above)
    in_reach = make_project(owner=make_user(department=below), amount=10)
    hidden = make_project(owner=make_user(department=beside), amount=1000)
    joined = make_project(owner=make_user(department=beside), amount=100_000)
    adds = make_manager(joined)
    operations.set_team(project_id=joined.pk, user_id=boss.pk, role="mentor", by=adds, at=AT)

    def amounts(user: Any) -> Decimal:
        within = totals.reachable(user)
        return sum((row["amount"] for row in totals.kept(ALL if within is None else within)), Decimal(0))

    executive = make_user(roles=("executive",))
    found = [amounts(user) for user in (boss, in_reach.owner, hidden.owner, make_owner(), executive)]
    assert found == [10, 10, 1000, 0, 101_010]
    assert (list(totals.beyond(boss)), list(totals.beyond(executive))) == ([joined], [])
    assert [row["amount"] for row in totals.of(totals.beyond(boss))] == [100_000]


def test_a_count_out_of_kept_totals_is_that_of_the_rows() -> None:
    above = make_department()
    seller = make_owner(department=make_department(parent=above))
    boss, executive = make_user(roles=("sales-manager",), manages=above), make_user(roles=("executive",))
    own = [make_project(owner=seller) for _number in range(3)]
    others = [make_project(owner=make_owner(department=make_department())) for _number in range(2)]
    adds = make_manager(others[0])
    for user in (seller, boss):
        operations.set_team(project_id=others[0].pk, user_id=user.pk, role="mentor", by=adds, at=AT)
    kept, stage = Kept(totals.seen, totals.beyond, frozenset({"owner_id", "stage"})), own[0].stage.key
    narrowings: list[Callable[[Any], Any]] = [
        lambda rows: rows,
        lambda rows: rows.in_stage(stage),
        lambda rows: rows.in_stage("nowhere"),
        lambda rows: rows.filter(owner_id=seller.pk),
        lambda rows: rows.filter(owner_id=others[0].owner_id),
    ]
    for user in (seller, boss, executive, others[1].owner, make_user()):
        for narrowed in narrowings:
            known = narrowed(Project.objects.visible_to(user)).count()
            assert sum(narrowed(part).count() for part in Project.objects.visible_in_parts(user)) == known
            assert kept.count(user, narrowed) == known
            assert kept.count(user, narrowed, cap=0) == (None if known else 0)
    assert (kept.knows(["stage"]), kept.knows(["stage", "q"])) == (True, False)


def test_a_count_out_of_kept_totals_takes_one_statement(django_assert_num_queries) -> None:
    seller = make_project().owner
    kept = Kept(totals.seen, totals.beyond, frozenset())
    kept.count(seller, lambda rows: rows)
    with django_assert_num_queries(1):
        assert kept.count(seller, lambda rows: rows) == 1
