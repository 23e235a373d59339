"""What goes wrong on the screen: a file with faults, and a network that is gone. Nothing typed is lost."""

from typing import Any

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Page, expect

from openpsm.accounts.models import Account
from openpsm.activities.models import Comment
from openpsm.core.jobs import worker
from openpsm.projects.models import Project
from tests.browser.axe import serious
from tests.browser.looks import PALE, SMALL, TWICE
from tests.browser.pages import PASSWORD, WIDTHS, Watch, sign_in
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABLE = "客户名称,负责人,建档日期\n杭州远大机械有限公司,陈思远,2024-02-01\n苏州恒力泵业有限公司,谁也不是,2024-02-30\n"


@pytest.fixture
def project() -> Project:
    """An executive, and a seller with one project."""
    home = make_department("华东销售部")
    make_user(username="boss", name="周启明", roles=("executive",), department=home, password=PASSWORD)
    seller = make_user(username="seller", name="陈思远", department=home, password=PASSWORD)
    account = make_account("常熟精工机械设备有限公司", owner=seller)
    return make_project("二期设备用油年度采购", account=account, owner=seller, amount=1_000_000)


def look(page: Page, watch: Watch) -> None:
    page.wait_for_load_state("networkidle")
    watch.check()
    assert (page.evaluate(PALE), page.evaluate(TWICE), serious(page)) == ([], [], [])
    if page.viewport_size and page.viewport_size["width"] == 360:
        assert page.evaluate(SMALL) == []


def work(page: Page, path: str) -> None:
    """Let the worker do what is waiting, and look at the import again."""
    worker.run_due()
    page.goto(path)


@pytest.mark.parametrize("width", WIDTHS)
def test_file_with_faults_is_brought_mended_in_part_and_taken_back(
    page: Page, live_server: Any, project: Project, width: int, tmp_path: Any
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    watch = sign_in(page, live_server.url, "boss")
    page.goto(f"{live_server.url}/settings/imports/new")
    page.select_option("[name=kind]", "accounts")
    page.set_input_files("[name=file]", {"name": "客户.csv", "mimeType": "text/csv", "buffer": TABLE.encode("gb18030")})
    page.click("main button.btn-primary")
    page.wait_for_url("**/map")
    expect(page.locator("main")).to_contain_text("建档日期")
    look(page, watch)
    page.click("text=检查所有行")
    page.wait_for_url("**/settings/imports/*")
    home = page.url
    work(page, home)
    faults = page.locator("main table")
    expect(faults).to_contain_text("谁也不是")
    expect(faults).to_contain_text("2024-02-30")
    expect(page.locator("main")).not_to_contain_text("接收")
    look(page, watch)
    with page.expect_download() as download:
        page.click("a[href$='/errors']")
    download.value.save_as(tmp_path / "errors.xlsx")
    sheet = load_workbook(tmp_path / "errors.xlsx").active
    assert [cell.value for cell in sheet[2]][:4] == ["苏州恒力泵业有限公司", "谁也不是", "2024-02-30", 3]
    assert Account.objects.count() == 1
    page.goto(f"{home}/map")
    page.check("[name=is_partial]")
    page.click("text=检查所有行")
    page.wait_for_url("**/settings/imports/*")
    work(page, home)
    page.click("form[action$='/publish'] button")
    work(page, home)
    assert set(Account.objects.values_list("name", flat=True)) == {project.account.name, "杭州远大机械有限公司"}
    look(page, watch)
    page.click("form[action$='/undo'] button")
    work(page, home)
    assert Account.objects.live().count() == 1
    look(page, watch)


@pytest.mark.parametrize("width", WIDTHS)
def test_without_a_network_nothing_typed_is_lost(page: Page, live_server: Any, project: Project, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, live_server.url, "seller")
    page.goto(f"{live_server.url}/projects/{project.pk}/comments")
    said = page.locator(".psm-comment-form textarea")
    said.fill("设备部长下周回来")
    page.context.set_offline(True)
    page.click(".psm-comment-form button[type=submit], .psm-comment-form button.btn-primary")
    expect(page.locator("#toasts")).to_contain_text("没有网络")
    expect(said).to_have_value("设备部长下周回来")
    page.context.set_offline(False)
    expect(page.locator("#toasts")).not_to_contain_text("没有网络")
    page.click(".psm-comment-form button[type=submit], .psm-comment-form button.btn-primary")
    expect(page.locator(".psm-comments")).to_contain_text("设备部长下周回来")
    assert Comment.objects.count() == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_form_is_not_sent_into_the_void_and_goes_out_later(
    page: Page, live_server: Any, project: Project, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, live_server.url, "seller")
    page.goto(f"{live_server.url}/projects/{project.pk}/edit")
    page.fill("[name=note]", "客户要求八月前投产")
    page.context.set_offline(True)
    page.click("main form button.btn-primary")
    expect(page.locator("#toasts")).to_contain_text("没有网络")
    expect(page.locator("[name=note]")).to_have_value("客户要求八月前投产")
    assert page.url.endswith("/edit")
    page.context.set_offline(False)
    page.click("main form button.btn-primary")
    page.wait_for_url(f"**/projects/{project.pk}")
    project.refresh_from_db()
    assert project.note == "客户要求八月前投产"


def test_dragged_card_goes_home_when_the_network_is_gone(page: Page, live_server: Any, project: Project) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(page, live_server.url, "seller")
    page.goto(f"{live_server.url}/projects/board")
    card = page.locator(f".psm-card[data-id='{project.pk}']")
    column = page.locator(".psm-column").nth(1)
    start, end = card.bounding_box(), column.bounding_box()
    assert start
    assert end
    page.context.set_offline(True)
    page.mouse.move(start["x"] + 60, start["y"] + 12)
    page.mouse.down()
    page.mouse.move(end["x"] + 80, end["y"] + 60, steps=8)
    page.mouse.up()
    expect(page.locator("#toasts")).to_contain_text("没有网络")
    expect(page.locator(".psm-column").first.locator(f".psm-card[data-id='{project.pk}']")).to_be_visible()
    assert "is-waiting" not in (card.get_attribute("class") or "")
    project.refresh_from_db()
    assert project.stage.key == "develop"
