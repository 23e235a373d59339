"""Reads of one project: the gate, the two tracks, the rail of stages, who sees what."""

from datetime import timedelta
from typing import Any

import pytest

from openpsm.buying.vocabulary import choices
from openpsm.process import facts
from openpsm.projects import operations, queries
from openpsm.projects.models import DROP_REASONS, LOSE_REASONS, Project
from openpsm.projects.operations import GateBlocked, TakenOver
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import grant_role, make_department, make_role, make_user
from tests.factories.projects import (
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


def test_the_gate_says_why_with_the_actual_values(django_assert_num_queries):
    project = make_project()
    queries.process_of(project)
    with django_assert_num_queries(len(facts.providers())):
        gate = queries.gate(project, at=AT)
    said = {node.key: (node.held, node.reason) for node in gate.key_nodes}
    assert said["six-elements"] == (False, "Elements answered: 0 of 6")
    assert said["graded"] == (True, "Project graded: yes")
    assert (gate.can_advance, [node.key for node in gate.missing]) == (
        False,
        ["qualified-prospect", "six-elements", "evaluated"],
    )


def test_a_gate_offers_what_may_be_stated():
    project = make_project()
    operations.advance_stage(project_id=project.pk, by=make_manager(project), at=AT, override_reason=REASON)
    gate = queries.gate(reloaded(project), at=AT)
    assert {node.key: node.statable for node in gate.nodes if node.statable} == {
        "organisation-drawn": ("people.organisation_drawn",),
        "candidate-supplier": ("project.candidate_supplier",),
    }


def test_a_beginner_of_the_documents_is_one_step_behind_and_cannot_enter_the_tender():
    """AS-01: the customer surveys suppliers, we have not finished Develop."""
    project = make_project("宁夏设备润滑", possibility=None, possibility_reason="", order_on=None)
    operations.set_procurement_step(
        project_id=project.pk,
        step_key="survey",
        source="Three rivals are registered",
        on=TODAY,
        by=project.owner,
        at=AT,
    )
    with pytest.raises(GateBlocked):
        operations.advance_towards(project_id=project.pk, stage_key="bid", by=project.owner, at=AT)
    tracks = queries.project_tracks(reloaded(project), at=AT)
    assert (tracks.position, tracks.steps_behind) == ("behind", 1)
    assert tracks.step is not None
    assert (tracks.step.position, tracks.matching.key, tracks.stage.key) == (2, "enter", "develop")
    assert [node.key for node in tracks.skipped] == ["qualified-prospect", "six-elements", "evaluated", "graded"]


def test_as_long_as_nobody_states_the_step_we_count_as_in_step():
    tracks = queries.project_tracks(make_project(), at=AT)
    assert (tracks.position, tracks.steps_behind, tracks.step, tracks.skipped) == ("in-step", 0, None, ())


def test_the_rail_tells_how_each_stage_was_passed():
    project = make_small_project()
    confirm(project, "one", "two")
    operations.advance_stage(project_id=project.pk, by=project.owner, at=AT)
    operations.advance_stage(project_id=project.pk, by=make_manager(project), at=AT, override_reason=REASON)
    rail = [(one.stage.key, one.state, one.debts) for one in queries.rail(reloaded(project))]
    assert rail == [
        ("first", "passed", 0),
        ("second", "overridden", 1),
        ("third", "current", 0),
        ("fourth", "ahead", 0),
    ]


def test_what_lies_before_the_entry_of_stock_is_unproven():
    make_role("importer", ["project.take_over"])
    by, owner = make_user(roles=()), make_owner()
    grant_role(by, "importer")
    fields: dict[str, Any] = {
        "account": make_account(owner=owner),
        "owner_id": owner.pk,
        "process_version_id": make_process().version_id,
    }
    row = TakenOver(new_project(**fields), "third", AT - timedelta(days=9))
    project = operations.take_over_projects(rows=[row], by=by, at=AT, source="stock.xlsx")[0]
    assert [one.state for one in queries.rail(project)] == ["taken-over", "taken-over", "current", "ahead"]
    assert [node.key for node in queries.project_tracks(project, at=AT).skipped] == ["one", "two", "three"]


def test_owner_team_managers_and_wide_reach_see_a_project_and_nobody_else():
    root = make_department()
    below = make_department(parent=root)
    owner = make_owner(department=below)
    project = make_project(owner=owner)
    member, other = make_owner(), make_owner(department=below)
    operations.set_team(project_id=project.pk, user_id=member.pk, role="assistant", by=owner, at=AT)
    above, beside = make_user(manages=root), make_user(manages=make_department(parent=root))
    seeing = [owner, member, above, make_user(roles=("finance",))]
    blind = [other, beside, make_user(roles=("administrator",))]
    assert [list(Project.objects.visible_to(user)) for user in seeing] == [[project]] * 4
    assert [list(Project.objects.visible_to(user)) for user in blind] == [[]] * 3


def test_a_role_on_one_project_opens_that_one_only():
    project, _other = make_project(), make_project()
    auditor = make_user(roles=())
    grant_role(auditor, "finance", project_id=project.pk)
    assert list(Project.objects.visible_to(auditor)) == [project]


@pytest.mark.parametrize("text", ["设备用油", "sbyy", "shebei", "設備用油", "设备 用油"])
def test_a_project_is_found_by_name_pinyin_and_initials(text):
    project = make_project("宁夏设备用油(二期)")
    assert list(Project.objects.matching(text)) == [project]


def test_the_words_of_the_screens_are_the_reasons_of_the_operations():
    assert {key for key, _label in choices("lose_reasons")} == set(LOSE_REASONS)
    assert {key for key, _label in choices("drop_reasons")} == set(DROP_REASONS)


@pytest.mark.parametrize(
    "read", [queries.team, queries.parties, queries.products, queries.reviews, queries.confirmations]
)
def test_the_lists_of_a_project_take_one_query(read, django_assert_num_queries):
    project = make_project()
    with django_assert_num_queries(1):
        list(read(project))
