"""Acceptance scenario AS-01: a seller of equipment oil hears in July of a project in another province."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from openpsm.insights.diagnosis import diagnose
from openpsm.projects.operations import GateBlocked, advance_stage, advance_towards, set_procurement_step
from tests.factories.accounts import make_account
from tests.factories.buying import make_contender, make_intelligence, make_stakeholder
from tests.factories.projects import make_owner, make_project

pytestmark = pytest.mark.django_db
NEWS = datetime(2026, 7, 1, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
NOW = NEWS + timedelta(days=14)
TENDER = date(2026, 11, 15)


@pytest.fixture
def project():
    """What he knows after two weeks, and nothing more."""
    zhang = make_owner(name="小张")
    account = make_account("宁夏远景化工有限公司", owner=zhang, region="640000")
    institute = make_account("银川华诚设计院", owner=zhang, kind="design_institute")
    project = make_project(
        "二期设备润滑油",
        account=account,
        owner=zhang,
        at=NEWS,
        news_on=NEWS.date(),
        tender_on=TENDER,
        tender_source="项目经理助理",
        order_on=None,
        possibility=None,
        possibility_reason="",
        parties=[(institute.pk, "design_institute")],
    )
    _people(project, institute)
    for rival in ("鼎澜", "欧瑞斯特", "海蔚"):
        make_contender(project, rival, at=NOW, is_registered_earlier=True)
    for kind in ("schedule", "competition"):
        make_intelligence(project, kind, "partly", at=NOW)
    told = "told by the assistant"
    set_procurement_step(project_id=project.pk, step_key="survey", source=told, on=NOW.date(), by=zhang, at=NOW)
    project.refresh_from_db()
    return project


def _people(project, institute):
    met: dict[str, Any] = {"contacted_on": NOW.date(), "at": NOW}
    make_stakeholder(project, "经理", attitude=0, **met)
    make_stakeholder(project, "经理助理A", attitude=0, **met)
    make_stakeholder(project, "副经理", attitude=0, **met)
    make_stakeholder(project, "项目经理", at=NOW)
    make_stakeholder(project, "设计院室主任", account_id=institute.pk, attitude=1, is_outside=True, **met)


def test_he_can_neither_enter_bid_nor_propose(project):
    with pytest.raises(GateBlocked) as caught:
        advance_towards(project_id=project.pk, stage_key="bid", by=project.owner, at=NOW)
    assert [node.key for node in caught.value.missing] == ["qualified-prospect", "six-elements", "evaluated", "graded"]
    with pytest.raises(GateBlocked):
        advance_stage(project_id=project.pk, by=project.owner, at=NOW)
    project.refresh_from_db()
    assert project.stage.key == "develop"


def test_diagnosis_shows_where_he_really_stands(project):
    found = diagnose(project, at=NOW)
    assert found.step is not None
    assert (found.step.key, found.step.position) == ("survey", 2)
    assert (found.matching.key, found.stage.key, found.real_stage.key) == ("enter", "develop", "develop")
    assert (found.position, found.steps_behind, found.days_to_tender) == ("behind", 1, 123)
    assert {"evaluated", "graded"} <= {node.key for node in found.missing}
    assert {"evaluated", "graded"} <= {node.key for node in found.skipped}


def test_diagnosis_is_red_with_its_reasons(project):
    found = diagnose(project, at=NOW)
    assert found.level == "red"
    assert [reason.text for reason in found.reasons if reason.level == "red"] == [
        "No insider",
        "The boss's attitude is unknown",
        "The purchasing department has not been contacted",
        "Rivals ahead of us: 3",
    ]


def test_diagnosis_tells_the_next_tasks_in_order(project):
    actions = diagnose(project, at=NOW).next_actions
    assert [action.key for action in actions][:8] == [
        "collect-elements",
        "complete-elements",
        "evaluate",
        "grade",
        "decide-go-or-drop",
        "find-insider",
        "contact-purchasing",
        "use-outside-ally",
    ]
    assert [action.priority for action in actions] == list(range(1, len(actions) + 1))
    what = [action.what for action in actions]
    assert what[0] == "Collect the missing elements: need, budget, decision process, what they look at first"
    assert what[1] == "Complete the elements that are only partly known: schedule, competition"
    assert what[7] == "Use the outside ally: 设计院室主任"


def test_tasks_are_due_in_3_7_and_14_days_and_never_after_the_tender(project):
    days = [(action.due - NOW.date()).days for action in diagnose(project, at=NOW).next_actions[:8]]
    assert days == [3, 3, 7, 7, 7, 7, 7, 14]
    late = datetime(2026, 11, 12, 9, 0, tzinfo=NEWS.tzinfo)
    actions = diagnose(project, at=late).next_actions
    assert max(action.due for action in actions) == TENDER


def test_verdict_is_to_collect_first(project):
    found = diagnose(project, at=NOW)
    assert (found.verdict, "chance is very small" in found.verdict_text) == ("collect-first", True)


def test_diagnosis_speaks_chinese(project):
    with translation.override("zh-hans"):
        found = diagnose(project, at=NOW)
    assert [reason.text for reason in found.reasons][:4] == [
        "没有内线",
        "客户老板的态度不明",
        "商务采购部门还没接触",
        "有 3 家对手走在我们前面",
    ]


def test_answer_of_the_api_has_what_the_interface_fixes(project):
    answer = diagnose(project, at=NOW).for_api()
    assert set(answer) >= {
        *("position", "steps_behind", "skipped", "health", "days_to_tender", "next_actions", "verdict", "verdict_text"),
    }
    assert set(answer["next_actions"][0]) >= {"key", "what", "why", "due", "priority"}
    assert answer["health"]["level"] == "red"


def test_diagnosis_takes_few_queries(project, django_assert_max_num_queries):
    diagnose(project, at=NOW)
    fresh = type(project).objects.get(pk=project.pk)
    with django_assert_max_num_queries(7):
        diagnose(fresh, at=NOW)
