"""A manager's Monday and a seller's day, with mouse and with a finger, in a real browser."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from openpsm.projects import operations
from openpsm.projects.models import Project
from tests.browser.looks import PALE, SMALL, TWICE
from tests.browser.pages import PASSWORD, WIDTHS, Watch, sign_in
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.projects import EVIDENCE, REASON, make_process, make_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world() -> Project:
    """A manager, her seller, and the seller's project in the first of four stages, whose gate waits for two words."""
    now = timezone.now()
    home = make_department("华东销售部")
    make_user(username="boss", name="沈若楠", roles=("sales-manager",), manages=home, password=PASSWORD)
    seller = make_user(username="seller", name="陈思远", department=home, password=PASSWORD)
    account, process = make_account("常熟精工机械设备有限公司", owner=seller), make_process()
    fields: dict[str, Any] = {"account": account, "owner": seller, "at": now, "process_version_id": process.version_id}
    late = make_project("一期旧线改造", **{**fields, "at": now - timedelta(days=90)}, amount=900_000)
    operations.advance_stage(project_id=late.pk, by=_boss(), at=now - timedelta(days=80), override_reason=REASON)
    operations.sweep(at=now)
    return make_project("二期设备用油年度采购", **fields)


def _boss():
    from openpsm.org.models import User

    return User.objects.get(username="boss")


def _board(project: Project) -> str:
    return f"/projects/board?process={project.process_version.process.key}"


def _look(page: Page, watch: Watch) -> None:
    page.wait_for_load_state("networkidle")
    watch.check()
    assert (page.evaluate(PALE), page.evaluate(TWICE)) == ([], [])
    if page.viewport_size and page.viewport_size["width"] == 360:
        assert page.evaluate(SMALL) == []


def _card(page: Page, project: Project) -> Locator:
    return page.locator(f".psm-card[data-id='{project.pk}']")


def _drag(page: Page, card: Locator, stage: str) -> None:
    start, end = card.bounding_box(), page.locator(f"#column-{stage} header").bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 20, start["y"] + start["height"] - 6)
    page.mouse.down()
    page.mouse.move(start["x"] + 50, start["y"] + start["height"], steps=3)
    page.mouse.move(end["x"] + 40, end["y"] + 60, steps=6)
    page.mouse.up()


def _move_by_button(page: Page, card: Locator, stage: str, reason: str = "") -> None:
    card.locator("[data-dialog]").click()
    page.check(f"#move-body input[value='{stage}']")
    page.fill("#move-reason", reason)
    page.click("#move-body .btn-primary")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_managers_monday(page: Page, live_server, world: Project, width):
    page.set_viewport_size({"width": width, "height": 900})
    watch = sign_in(page, live_server.url, "boss")
    page.click("a[href='/team']")
    _look(page, watch)
    expect(page.locator("#alarms-title + *, .psm-line").first).to_be_visible()
    assert "一期旧线改造" in page.locator("section[aria-labelledby='alarms-title']").inner_text()
    assert page.locator("section[aria-labelledby='people-title'] tbody tr").count() == 1
    page.goto(live_server.url + _board(world))
    _look(page, watch)
    card = _card(page, world)
    if width > 1000:
        _drag(page, card, "second")
    else:
        _move_by_button(page, card, "second")
    expect(page.locator("#board-dialog")).to_be_visible()
    expect(page.locator("#move-body .psm-line")).to_have_count(2)
    _look(page, watch)
    page.click("#move-body [data-close]")
    expect(page.locator(f"#column-first .psm-card[data-id='{world.pk}']")).to_have_count(1)  # it snapped back
    page.goto(live_server.url + "/team")
    page.locator("section[aria-labelledby='people-title'] a[href*='mark=stalled']").click()
    page.wait_for_url("**/projects?**mark=stalled**")
    assert page.locator("a.psm-row").all_inner_texts() == ["一期旧线改造"]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_sellers_day(page: Page, live_server, world: Project, width):
    page.set_viewport_size({"width": width, "height": 900})
    watch = sign_in(page, live_server.url, "seller")
    page.goto(f"{live_server.url}/activities/log?project={world.pk}")
    page.fill("[name=result]", "设备部长确认年度用油计划")
    page.fill("[name=next_step]", "送样品试用")
    page.fill("[name=next_on]", (timezone.localdate() + timedelta(days=3)).isoformat())
    page.locator("main form button.btn-primary").last.click()
    page.wait_for_load_state("networkidle")
    now = timezone.now()
    for node in ("one", "two"):
        operations.confirm_node(project_id=world.pk, node_key=node, by=world.owner, at=now, evidence=EVIDENCE)
    page.goto(live_server.url + _board(world))
    _look(page, watch)
    card = _card(page, world)
    assert "送样品试用" in card.inner_text()
    if width > 1000:
        _drag(page, card, "second")
    else:
        _move_by_button(page, card, "second")
    toast = page.locator(f".psm-toast[data-moved='{world.pk}']")
    expect(toast).to_be_visible()
    expect(page.locator(f"#column-second .psm-card[data-id='{world.pk}']")).to_have_count(1)
    toast.locator("button").click()
    expect(page.locator(f"#column-first .psm-card[data-id='{world.pk}']")).to_have_count(1)
    page.goto(f"{live_server.url}/projects/calendar")
    _look(page, watch)
    page.goto(f"{live_server.url}/projects/calendar?view=week")
    _look(page, watch)


def test_a_card_is_moved_by_keyboard_alone(page: Page, live_server, world: Project):
    now = timezone.now()
    for node in ("one", "two"):
        operations.confirm_node(project_id=world.pk, node_key=node, by=world.owner, at=now, evidence=EVIDENCE)
    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(page, live_server.url, "seller")
    page.goto(live_server.url + _board(world))
    _card(page, world).locator("[data-dialog]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#board-dialog")).to_be_visible()
    page.locator("#move-body input[value='second']").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator(f"#column-second .psm-card[data-id='{world.pk}']")).to_have_count(1)
