"""AS-01 and AS-02 by hand in the browser, on a desktop and on a phone, in both languages."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from openpsm.projects.models import Project
from openpsm.projects.operations import set_procurement_step
from tests.browser.pages import PASSWORD, WIDTHS, sign_in
from tests.factories.accounts import make_account
from tests.factories.buying import answer_elements, make_contender, make_intelligence, make_stakeholder
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIRST = {"standing": 3, "funds": 3} | dict.fromkeys(("technical_fit", "relationship", "credit", "product", "price"), 3)
FIRST |= {"solution": 2, "service": 2}
SECOND = {"standing": 4, "funds": 4, "technical_fit": 4} | dict.fromkeys(
    ("relationship", "credit", "product", "price", "solution", "service"), 3
)


@pytest.fixture
def zhang():
    return make_user(name="小张", username="xiaozhang", department=make_department("北京销售部"), password=PASSWORD)


@pytest.fixture
def director(zhang):
    return make_user(
        name="王总监", username="director", roles=("sales-manager",), manages=zhang.department, password=PASSWORD
    )


@pytest.fixture
def ningxia(zhang):
    """What he knows after two weeks, and nothing more."""
    now = timezone.now()
    account = make_account("宁夏青铜峡新材料有限公司", owner=zhang)
    institute = make_account("贺兰化工设计院", owner=zhang, kind="design_institute")
    unknown = {"order_on": None, "possibility": None, "possibility_reason": ""}
    tender = {"tender_on": date.today() + timedelta(days=110), "tender_source": "负责人A的部下"}
    parties = [(institute.pk, "design_institute")]
    project = make_project(
        "新工程设备油采购", account=account, owner=zhang, at=now, parties=parties, **unknown, **tender
    )
    _met(project, now, institute.pk)
    for rival in ("美锐", "东泰", "华诺"):
        make_contender(project, rival, at=now, is_registered_earlier=True)
    for kind in ("schedule", "competition"):
        make_intelligence(project, kind, "partly", at=now)
    told = "电话里说的"
    set_procurement_step(project_id=project.pk, step_key="survey", source=told, on=now.date(), by=zhang, at=now)
    return Project.objects.get(pk=project.pk)


def _met(project: Project, now: datetime, institute_id: int) -> None:
    met: dict[str, Any] = {"contacted_on": now.date(), "at": now}
    make_stakeholder(project, "负责人A", attitude=0, **met)
    make_stakeholder(project, "副经理", attitude=0, **met)
    make_stakeholder(project, "经理", at=now)
    make_stakeholder(project, "设计负责人", account_id=institute_id, attitude=1, is_outside=True, **met)


@pytest.mark.parametrize("width", WIDTHS)
def test_as01_refused_and_told_where_he_stands(page: Page, live_server, ningxia, width):
    page.set_viewport_size({"width": width, "height": 900})
    watch = sign_in(page, live_server.url, "xiaozhang", "zh-hans")
    page.goto(f"{live_server.url}/projects/{ningxia.pk}")
    expect(page.locator(".psm-track").first.locator("[aria-current=step]")).to_contain_text("供应商初步调查、筛选")
    expect(page.locator(".psm-track").nth(1).locator("[aria-current=step]")).to_contain_text("开发")
    page.click(f"form[action='/projects/{ningxia.pk}/advance'] button.btn-primary")
    expect(page.locator("#gate .alert")).to_be_visible()
    for node in ("qualified-prospect", "six-elements", "evaluated", "graded"):
        expect(page.locator(f"#node-{node} .is-missing").first).to_be_visible()
    red = page.locator("[aria-labelledby=diagnosis-title]")
    for reason in ("没有内线", "老板的态度", "商务采购部门", "3 家对手"):
        expect(red).to_contain_text(reason)
    page.goto(f"{live_server.url}/projects/{ningxia.pk}/diagnosis")
    told = page.locator(".psm-next li strong").all_inner_texts()
    order = [
        next(i for i, text in enumerate(told) if word in text)
        for word in ("收集", "补全", "做项目评估", "内线", "商务", "设计负责人")
    ]
    assert order == sorted(order)
    watch.check()
    page.click(".psm-person")
    page.click("button[name=language]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("[aria-labelledby=diagnosis-title]")).not_to_contain_text("内线")
    watch.check()


def _evaluate(page: Page, base: str, project: Project, levels: dict[str, int]) -> None:
    page.goto(f"{base}/projects/{project.pk}/evaluation/new")
    for key, level in levels.items():
        page.select_option(f"[name=factor_{key}]", str(level))
    page.click(".card-footer button.btn-primary")
    page.wait_for_url(re.compile(r"/evaluation$"))


@pytest.mark.parametrize("width", WIDTHS)
def test_as02_fail_pass_refused_and_forced(page: Page, live_server, zhang, director, width):
    now, base = timezone.now(), live_server.url
    project = make_project(
        "新工程设备油采购", owner=zhang, at=now, possibility=40, order_on=now.date() + timedelta(days=85)
    )
    answer_elements(project, at=now)
    home = f"{base}/projects/{project.pk}"
    page.set_viewport_size({"width": width, "height": 900})
    watch = sign_in(page, base, "xiaozhang", "en")

    page.goto(f"{home}/evaluation/qualify")
    for name in ("has_need", "can_pay", "has_good_name"):
        page.select_option(f"[name={name}]", "yes")
    page.click(".card-footer button.btn-primary")
    _evaluate(page, base, project, FIRST)
    expect(page.locator("main")).to_contain_text("56 / 100")
    expect(page.locator("main .alert-warning")).to_contain_text("hours")
    page.click("main .alert-warning a.btn-warning")
    expect(page.locator("main")).to_contain_text("Spent so far")
    page.check("[name=decision][value=lower_contact]")
    page.fill("[name=reason]", "Relations are too thin for a full effort now")
    page.click(".card-footer button.btn-primary")
    _evaluate(page, base, project, SECOND)
    expect(page.locator("main")).to_contain_text("68 / 100")

    page.goto(home)
    page.click(f"form[action='/projects/{project.pk}/advance'] button.btn-primary")
    expect(page.locator(".psm-track").nth(1).locator("[aria-current=step]")).to_contain_text("Enter")
    expect(page.locator(".psm-key-figures .psm-grade").first).to_have_text("B")
    page.click(f"form[action='/projects/{project.pk}/advance'] button.btn-primary")
    expect(page.locator("#node-insider .is-missing").first).to_be_visible()
    expect(page.locator("#node-key-people .is-missing").first).to_be_visible()
    watch.check()

    watch = sign_in(page, base, "director", "en")
    page.goto(home)
    page.click("#gate details summary")
    page.fill("[name=override_reason]", "They ask for our proposal by Friday")
    page.click("#gate details button.btn-warning")
    expect(page.locator(".psm-track").nth(1).locator("[aria-current=step]")).to_contain_text("Propose")
    expect(page.locator(".psm-key-figures")).to_contain_text("20%")
    expect(page.locator("#node-criteria-shaped")).to_contain_text("price war")
    page.goto(f"{home}/timeline")
    for word in ("王总监", "They ask for our proposal by Friday", "40 % → 20 %"):
        expect(page.locator("main")).to_contain_text(word)
    watch.check()
