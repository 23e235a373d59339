"""Creating, changing, closing, handing over, taking over and deleting projects."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.core.events import Event
from openpsm.projects import operations
from openpsm.projects.models import ClosingReport, Project, ProjectMember
from openpsm.projects.operations import GateBlocked, TakenOver
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import grant_role, make_department, make_role, make_user
from tests.factories.projects import (
    EVIDENCE,
    REASON,
    confirm,
    make_manager,
    make_owner,
    make_process,
    make_project,
    make_small_project,
    new_project,
    reloaded,
)

pytestmark = pytest.mark.django_db
TODAY = AT.date()
LATER = AT + timedelta(days=3)


def events(project: Project, name: str) -> list[dict[str, Any]]:
    found = Event.objects.filter(subject_type="projects.project", subject_id=project.pk, name=name)
    return [event.data for event in found.order_by("seq")]


# --- creating


def test_a_new_project_stands_in_the_first_stage_with_owner_customer_grade_and_facts():
    owner = make_owner()
    account = make_account(owner=owner)
    project = make_project(
        "宁夏 设备用油", account=account, owner=owner, possibility=70, order_on=TODAY + timedelta(days=60)
    )
    assert (project.stage.key, project.stage_due_on) == ("develop", TODAY + timedelta(days=20))
    assert (project.owner, project.department, project.version) == (owner, owner.department, 1)
    assert (project.probability, project.grade) == (70, "A")
    assert project.strict_key == "宁夏设备用油"
    assert [(m.user, m.role) for m in project.members.all()] == [(owner, "owner")]
    assert [(p.account, p.role) for p in project.parties.all()] == [(account, "owner")]
    assert project.kept_facts.answers["project.grade"]["value"] == "A"
    assert [data["name"] for data in events(project, "project.created")] == ["宁夏 设备用油"]
    assert project.reviews.count() == 0


def test_all_mistakes_of_all_rows_come_back_at_once_and_nothing_is_written():
    owner = make_owner()
    account = make_account(owner=owner)
    rows = [
        new_project("待定", account=account),
        new_project("Good", account=account, amount=Decimal("-1"), currency="yuan"),
        new_project("Fine", account=account, possibility=101),
        new_project("Fine too", account=account, possibility=50, possibility_reason="..."),
        new_project("No such product", account=account, products=[(999_999, None)], parties=[(account.pk, "boss")]),
    ]
    with pytest.raises(InvalidInput) as caught:
        operations.create_projects(rows=rows, by=owner, at=AT)
    assert sorted(caught.value.errors) == [
        "1.name",
        "2.amount",
        "2.amount_currency",
        "3.possibility",
        "4.possibility_reason",
        "5.parties",
        "5.products",
    ]
    assert Project.objects.count() == 0


def test_one_row_names_its_fields_plainly():
    owner = make_owner()
    with pytest.raises(InvalidInput) as caught:
        make_project("无", account=make_account(owner=owner), owner=owner)
    assert list(caught.value.errors) == ["name"]


def test_only_a_manager_creates_projects_for_others():
    owner, colleague = make_owner(), make_owner()
    account = make_account(owner=owner)
    row = new_project(account=account, owner_id=owner.pk)
    with pytest.raises(NotAllowed):
        operations.create_projects(rows=[row], by=colleague, at=AT)
    manager = make_user(roles=("sales-manager",), manages=owner.department)
    assert operations.create_projects(rows=[row], by=manager, at=AT)[0].owner == owner


def test_who_may_not_register_creates_nothing():
    reader = make_user(roles=("finance",), department=make_department())
    with pytest.raises(NotAllowed):
        operations.create_projects(rows=[new_project(account=make_account())], by=reader, at=AT)


def test_creating_fifty_takes_the_statements_of_one():
    owner = make_owner()
    account = make_account(owner=owner)
    make_project(account=account, owner=owner)
    counts = []
    for number in (1, 50):
        rows = [new_project(account=account) for _number in range(number)]
        with CaptureQueriesContext(connection) as caught:
            assert len(operations.create_projects(rows=rows, by=owner, at=AT)) == number
        batches = [query for query in caught if query["sql"].startswith('INSERT INTO "projects_project" ')]
        counts.append((len(caught) - len(batches), len(batches)))
    assert counts[0][0] == counts[1][0]
    assert counts[1][1] == (0 if connection.vendor == "postgresql" else 3)  # COPY; 999 values at a time


# --- changing


def test_an_update_tells_what_changed_and_recomputes():
    project = make_project(possibility=40)
    changes = {"name": "New name", "order_on": TODAY + timedelta(days=200), "amount": Decimal("99.50")}
    changed = operations.update_project(project_id=project.pk, changes=changes, by=project.owner, at=AT, version=1)
    assert (changed.name, changed.strict_key, changed.grade, changed.version) == ("New name", "newname", "D", 2)
    assert events(project, "project.updated") == [
        {
            "changes": {
                "name": [project.name, "New name"],
                "order_on": [(TODAY + timedelta(days=100)).isoformat(), "2027-04-04"],
                "amount": ["1200000.00", "99.50"],
            }
        }
    ]
    assert reloaded(project).kept_facts.answers["project.days_to_order"]["value"] == 200


def test_an_update_without_a_change_leaves_nothing_behind():
    project = make_project()
    same = operations.update_project(project_id=project.pk, changes={"name": project.name}, by=project.owner, at=AT)
    assert (same.version, events(project, "project.updated")) == (1, [])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"stage_id": 3}, "stage_id"),
        ({"probability": 99}, "probability"),
        ({"owner_id": 1}, "owner_id"),
        ({"possibility": 60, "possibility_reason": ""}, "possibility_reason"),
        ({"boss_attitude": 1}, "boss_attitude_source"),
        ({"boss_attitude": 3, "boss_attitude_source": "the driver"}, "boss_attitude"),
        ({"amount": Decimal("0.001")}, "amount"),
        ({"tender_on": "tomorrow"}, "tender_on"),
        ({"region": "Ningxia"}, "region"),
        ({"purchasing_form": "raffle"}, "purchasing_form"),
        ({"name": "n" * 201}, "name"),
        ({"custom": {"colour": "red"}}, "custom.colour"),
    ],
)
def test_an_update_refuses_what_does_not_fit(changes, field):
    project = make_project()
    with pytest.raises(InvalidInput) as caught:
        operations.update_project(project_id=project.pk, changes=changes, by=project.owner, at=AT)
    assert list(caught.value.errors) == [field]


def test_an_update_is_refused_to_strangers_readers_and_late_comers():
    project = make_project()
    call: dict[str, Any] = {"project_id": project.pk, "changes": {"note": "x"}, "at": AT}
    with pytest.raises(Project.DoesNotExist):
        operations.update_project(by=make_owner(), **call)
    with pytest.raises(NotAllowed):
        operations.update_project(by=make_user(roles=("finance",)), **call)
    operations.update_project(by=project.owner, version=1, **call)
    with pytest.raises(Stale):
        operations.update_project(by=project.owner, version=1, **call)


def test_the_customers_step_needs_a_source_and_a_day_that_has_come():
    project = make_project()
    call: dict[str, Any] = {"project_id": project.pk, "by": project.owner, "at": AT}
    with pytest.raises(InvalidInput):
        operations.set_procurement_step(step_key="survey", source="...", on=TODAY, **call)
    with pytest.raises(InvalidInput):
        operations.set_procurement_step(step_key="survey", source="The assistant", on=TODAY + timedelta(days=1), **call)
    changed = operations.set_procurement_step(step_key="survey", source="The assistant", on=TODAY, **call)
    assert (str(changed.step), changed.step_on, changed.step_source) == ("survey", TODAY, "The assistant")


def test_a_pinned_grade_stays_until_it_is_unpinned():
    project = make_project(possibility=40)
    manager = make_manager(project)
    with pytest.raises(NotAllowed):
        operations.pin_grade(project_id=project.pk, grade="A", reason=REASON, by=project.owner, at=AT)
    operations.pin_grade(project_id=project.pk, grade="A", reason=REASON, by=manager, at=AT)
    operations.refresh_facts(project_ids=[project.pk], at=LATER)
    assert (reloaded(project).grade, reloaded(project).is_grade_pinned) == ("A", True)
    assert operations.unpin_grade(project_id=project.pk, by=manager, at=AT).grade == "C"


def test_the_contact_level_goes_down_and_up_with_a_reason():
    project = make_project()
    call: dict[str, Any] = {"project_id": project.pk, "by": project.owner, "at": AT}
    assert operations.lower_contact(reason=REASON, **call).is_contact_lowered
    with pytest.raises(DomainError):
        operations.lower_contact(reason=REASON, **call)
    assert not operations.raise_contact(reason=REASON, **call).is_contact_lowered


def test_parties_come_and_go_but_the_customer_stays():
    project = make_project()
    institute = make_account(owner=project.owner)
    call: dict[str, Any] = {"project_id": project.pk, "by": project.owner, "at": AT}
    operations.set_party(account_id=institute.pk, role="design_institute", note="willing", **call)
    operations.set_party(account_id=institute.pk, role="design_institute", note="short of time", **call)
    assert [p.note for p in project.parties.filter(account=institute)] == ["short of time"]
    operations.remove_party(account_id=institute.pk, role="design_institute", **call)
    with pytest.raises(DomainError) as caught:
        operations.remove_party(account_id=project.account_id, role="owner", **call)
    assert caught.value.code == "customer-is-party"
    with pytest.raises(InvalidInput):
        operations.set_party(account_id=make_account(owner=make_owner()).pk, role="dealer", **call)


# --- outcomes


def test_a_lost_project_needs_its_report():
    project = make_project()
    call: dict[str, Any] = {"project_id": project.pk, "by": project.owner, "at": AT}
    for wrong, field in (
        ({"reason": "too_small", "destination": "Nobody"}, "reason"),
        ({"reason": "price"}, "destination"),
        ({"reason": "other", "winner_name": "Rival oil works"}, "reason_text"),
        ({"reason": "price", "winner_name": "Rival oil works", "winner_amount": Decimal(-1)}, "winner_amount"),
        ({"reason": "price", "revisit_on": TODAY}, "revisit_on"),
    ):
        with pytest.raises(InvalidInput) as caught:
            operations.lose(**wrong, **call)
        assert list(caught.value.errors) == [field]
    lost = operations.lose(reason="price", winner_name="Rival oil works", winner_amount=Decimal("980000"), **call)
    report = ClosingReport.objects.get()
    assert (lost.outcome, lost.outcome_at) == ("lost", AT)
    assert (str(report.winner), report.winner_amount, report.destination) == (
        "Rival oil works",
        Decimal("980000"),
        "Rival oil works",
    )
    assert [data["reason"] for data in events(project, "project.lost")] == ["price"]


def test_a_closed_project_opens_again_with_a_reason_and_keeps_its_report():
    project = make_project()
    call: dict[str, Any] = {"project_id": project.pk, "by": project.owner, "at": AT}
    operations.drop(
        reason="customer_postponed", hours_spent=Decimal("12.5"), revisit_on=TODAY + timedelta(days=90), **call
    )
    assert reloaded(project).kept_facts.turns_on is None
    with pytest.raises(DomainError):
        operations.drop(reason="too_small", **call)
    opened = operations.reopen(reason=REASON, **(call | {"at": LATER}))
    assert (opened.outcome, opened.stage.key, ClosingReport.objects.get().reopened_at) == ("open", "develop", LATER)
    assert reloaded(project).kept_facts.turns_on == LATER.date() + timedelta(days=1)


def test_a_project_rests_and_goes_on():
    project = make_project()
    call: dict[str, Any] = {"project_id": project.pk, "by": project.owner, "at": AT}
    with pytest.raises(InvalidInput):
        operations.hold(reason=REASON, until=TODAY, **call)
    held = operations.hold(reason=REASON, until=TODAY + timedelta(days=30), **call)
    assert (held.is_on_hold, held.hold_until) == (True, TODAY + timedelta(days=30))
    assert list(Project.objects.running()) == []
    with pytest.raises(DomainError):
        operations.hold(reason=REASON, **call)
    assert not operations.resume(reason=REASON, **call).is_on_hold


# --- words


def test_a_word_needs_evidence_that_says_something():
    project = make_small_project()
    call: dict[str, Any] = {"project_id": project.pk, "node_key": "one", "by": project.owner, "at": AT}
    for evidence in ("", "...", "无"):
        with pytest.raises(InvalidInput):
            operations.confirm_node(evidence=evidence, **call)
    with pytest.raises(InvalidInput):
        operations.confirm_node(attachment_id=4711, **call)
    with pytest.raises(InvalidInput):
        operations.confirm_node(activity_id=4711, **call)
    word = operations.confirm_node(evidence=EVIDENCE, **call)
    assert (word.kind, word.key, word.by) == ("node", "first:one", project.owner)
    with pytest.raises(DomainError) as caught:
        operations.confirm_node(evidence=EVIDENCE, **call)
    assert caught.value.code == "already-confirmed"


def test_a_word_holds_only_manual_nodes_of_the_present_stage():
    project = make_small_project()
    call: dict[str, Any] = {"project_id": project.pk, "by": project.owner, "at": AT, "evidence": EVIDENCE}
    with pytest.raises(InvalidInput):
        operations.confirm_node(node_key="three", **call)
    standard = make_project(owner=project.owner)
    with pytest.raises(DomainError) as caught:
        operations.confirm_node(**(call | {"project_id": standard.pk}), node_key="evaluated")
    assert caught.value.code == "not-manual"


def test_only_what_nothing_computes_can_be_stated():
    project = make_project()
    call: dict[str, Any] = {"project_id": project.pk, "by": project.owner, "at": AT, "evidence": EVIDENCE}
    with pytest.raises(DomainError) as caught:
        operations.state_fact(fact="evaluation.passed", **call)
    assert caught.value.code == "computed"
    with pytest.raises(InvalidInput):
        operations.state_fact(fact="weather.fine", **call)
    operations.state_fact(fact="project.candidate_supplier", **call)
    kept = reloaded(project).kept_facts.answers["project.candidate_supplier"]
    assert kept == {"value": True, "source": EVIDENCE, "as_of": TODAY.isoformat()}


def test_a_withdrawn_word_no_longer_holds_and_stays_on_record():
    project = make_small_project()
    confirm(project, "one", "two")
    word = project.confirmations.get(key="first:one")
    operations.withdraw_confirmation(confirmation_id=word.pk, reason=REASON, by=project.owner, at=LATER)
    with pytest.raises(GateBlocked):
        operations.advance_stage(project_id=project.pk, by=project.owner, at=LATER)
    assert project.confirmations.get(pk=word.pk).withdrawn_reason == REASON
    confirm(project, "one")


# --- people


def test_the_team_changes_and_the_owner_stays_in_it():
    project = make_project()
    colleague = make_owner()
    call: dict[str, Any] = {"project_id": project.pk, "by": project.owner, "at": AT}
    operations.set_team(user_id=colleague.pk, role="presales", **call)
    operations.set_team(user_id=colleague.pk, role="mentor", **call)
    assert ProjectMember.objects.get(project=project, user=colleague).role == "mentor"
    operations.set_team(user_id=colleague.pk, role=None, **call)
    assert not Project.objects.visible_to(colleague).exists()
    for user, role in ((project.owner, None), (colleague, "owner")):
        with pytest.raises(DomainError) as caught:
            operations.set_team(user_id=user.pk, role=role, **call)
        assert caught.value.code == "owner-stays"


def test_a_project_handed_over_moves_to_the_department_of_its_new_owner():
    project = make_project()
    old, new = project.owner, make_owner()
    changed = operations.change_owner(
        project_id=project.pk, owner_id=new.pk, reason=REASON, by=old, at=AT, old_owner_role="assistant"
    )
    assert (changed.owner, changed.department) == (new, new.department)
    assert dict(changed.members.values_list("user_id", "role")) == {new.pk: "owner", old.pk: "assistant"}
    gone = make_owner(is_active=False)
    with pytest.raises(InvalidInput):
        operations.change_owner(project_id=project.pk, owner_id=gone.pk, reason=REASON, by=new, at=AT)


# --- taking over


def importer() -> Any:
    make_role("importer", ["project.take_over"])
    user = make_user(roles=())
    grant_role(user, "importer")
    return user


def test_stock_enters_at_its_stage_with_a_review_and_without_debts():
    owner, by = make_owner(), importer()
    account = make_account(owner=owner)
    process = make_process()
    fields: dict[str, Any] = {"account": account, "owner_id": owner.pk, "process_version_id": process.version_id}
    since = AT - timedelta(days=100)
    rows = [
        TakenOver(new_project(**fields), "third", since, row=7),
        TakenOver(new_project(**fields), "fourth", since),
    ]
    running, won = operations.take_over_projects(rows=rows, by=by, at=AT, source="stock.xlsx")
    review = running.reviews.get()
    assert (running.stage.key, running.stage_entered_at, running.owner, running.entry_stage) == (
        "third",
        since,
        owner,
        running.stage,
    )
    assert (review.outcome, review.source, review.missing) == (
        "taken_over",
        "stock.xlsx:7",
        ["first:one", "first:two", "second:three"],
    )
    assert (running.outcome, running.debts.count(), running.probability) == ("open", 0, 40)
    assert (won.outcome, won.outcome_at, won.reviews.get().source) == ("won", since, "stock.xlsx:2")


def test_taking_over_is_a_right_of_its_own_and_refuses_unknown_stages():
    owner = make_owner()
    row = TakenOver(new_project(account=make_account(owner=owner), owner_id=owner.pk), "nowhere", AT)
    with pytest.raises(NotAllowed):
        operations.take_over_projects(rows=[row], by=owner, at=AT, source="stock.xlsx")
    with pytest.raises(InvalidInput) as caught:
        operations.take_over_projects(rows=[row], by=importer(), at=AT, source="stock.xlsx")
    assert list(caught.value.errors) == ["1.stage_key"]


# --- the bin


def test_a_project_goes_to_the_bin_and_comes_back():
    project = make_project()
    manager = make_manager(project)
    with pytest.raises(NotAllowed):
        operations.delete_project(project_id=project.pk, by=project.owner, at=AT)
    operations.delete_project(project_id=project.pk, by=manager, at=AT)
    assert not Project.objects.visible_to(project.owner).exists()
    with pytest.raises(Project.DoesNotExist):
        operations.restore_project(project_id=project.pk, by=make_owner(), at=AT)
    operations.restore_project(project_id=project.pk, by=project.owner, at=LATER)
    assert list(Project.objects.visible_to(project.owner)) == [project]


def test_what_was_deleted_too_long_ago_does_not_come_back():
    project = make_project()
    operations.delete_project(project_id=project.pk, by=make_manager(project), at=AT)
    with pytest.raises(DomainError) as caught:
        operations.restore_project(project_id=project.pk, by=project.owner, at=AT + timedelta(days=31))
    assert caught.value.code == "too-late"


def test_a_project_with_reviews_or_money_is_never_deleted():
    tried, signed = make_project(), make_project()
    with pytest.raises(GateBlocked):
        operations.advance_stage(project_id=tried.pk, by=tried.owner, at=AT)
    operations.state_fact(project_id=signed.pk, fact="contract.signed", evidence=EVIDENCE, by=signed.owner, at=AT)
    for project in (tried, signed):
        with pytest.raises(DomainError) as caught:
            operations.delete_project(project_id=project.pk, by=make_manager(project), at=AT)
        assert caught.value.code == "has-history"


def test_dates_stay_dates():
    assert isinstance(make_project(tender_on=date(2026, 11, 1)).tender_on, date)
