"""Lists in a real browser: filters, a shared view, a bulk edit that meets a closed gate, cells, keys."""

import pytest
from playwright.sync_api import Page, expect

from openpsm.projects.models import Project
from tests.browser.axe import serious
from tests.browser.looks import PALE, SMALL, TWICE
from tests.browser.pages import PASSWORD, WIDTHS, sign_in
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.projects import confirm, make_process, make_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LISTS = ("/projects?columns=name,stage,amount,tender_on&group=owner", "/contacts", "/tasks", "/projects?stage=x")
AROUND = ("menu", "filters", "filters/stage", "filters/owner", "filters/tender_on", "columns", "views/new")


@pytest.fixture
def world():
    """A manager and a seller of one department with three projects."""
    north = make_department("华北销售部")
    seller = make_user(username="seller", name="陈思远", department=north, password=PASSWORD)
    make_user(username="boss", name="许志清", roles=("sales-manager",), manages=north, password=PASSWORD)
    account = make_account("常熟精工机械设备有限公司", owner=seller)
    for number, name in enumerate(("一号线润滑油采购", "二号线润滑油采购", "三号线润滑油采购"), start=1):
        make_project(name, account=account, owner=seller, amount=number * 1_000_000)
    return Project.objects.order_by("pk")


def looks_right(page: Page, watch) -> None:
    page.wait_for_load_state("networkidle")
    watch.check()
    assert page.evaluate(PALE) == [], page.url
    assert page.evaluate(TWICE) == [], page.url
    assert serious(page) == [], page.url
    if page.viewport_size == {"width": 360, "height": 900}:
        assert page.evaluate(SMALL) == [], page.url


@pytest.mark.parametrize("width", WIDTHS)
def test_everything_around_a_list_looks_right(page: Page, live_server, world, width):
    page.set_viewport_size({"width": width, "height": 900})
    watch = sign_in(page, live_server.url, "boss")
    for path in (*LISTS, *(f"/lists/projects/{part}" for part in AROUND)):
        page.goto(live_server.url + path)
        looks_right(page, watch)


def tick_two(page: Page, base: str, query: str = "") -> None:
    page.goto(f"{base}/projects{query}")
    for row in (0, 1):
        page.locator(".psm-list tbody .psm-pick input").nth(row).check()
    page.click("#list-bulk button")
    expect(page.locator("main")).to_contain_text("已选 2 条记录")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_bulk_edit_meets_a_closed_gate_and_says_so(page: Page, live_server, world, width):
    page.set_viewport_size({"width": width, "height": 900})
    watch = sign_in(page, live_server.url, "boss")
    tick_two(page, live_server.url)
    page.click("text=推进到下一阶段")
    expect(page.locator("main")).to_contain_text("将被拒绝 2 条")
    expect(page.locator("#bulk-lines")).to_contain_text("关口")
    looks_right(page, watch)
    tick_two(page, live_server.url)
    page.click("text=设置产品线")
    page.fill("[name=product_line]", "工业油")
    page.click("text=预览修改结果")
    expect(page.locator("main")).to_contain_text("将修改 2 条")
    page.click("text=确认执行")
    expect(page.locator("#bulk-report")).to_contain_text("已修改 2 条")
    looks_right(page, watch)
    assert world.filter(product_line="工业油").count() == 2
    page.click("text=撤销")
    expect(page.locator("#bulk-report")).to_contain_text("已修改 2 条")
    assert world.filter(product_line="工业油").count() == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_of_two_projects_the_gate_lets_one_through_and_the_report_names_the_other(
    page: Page, live_server, world, width
):
    process, seller, account = make_process(), world[0].owner, world[0].account
    passing, _closed = (
        make_project(name, account=account, owner=seller, process_version_id=process.version_id)
        for name in ("热轧大修", "冷轧大修")
    )
    confirm(passing, "one", "two")
    page.set_viewport_size({"width": width, "height": 900})
    watch = sign_in(page, live_server.url, "boss")
    tick_two(page, live_server.url, "?q=大修")
    page.click("text=推进到下一阶段")
    expect(page.locator("main")).to_contain_text("将修改 1 条")
    expect(page.locator("main")).to_contain_text("将被拒绝 1 条")
    looks_right(page, watch)
    page.click("text=确认执行")
    report = page.locator("#bulk-report")
    expect(report).to_contain_text("已修改 1 条")
    expect(report).to_contain_text("冷轧大修")
    expect(report).to_contain_text("two")
    looks_right(page, watch)
    stages = dict(world.values_list("name", "stage__key"))
    assert (stages["热轧大修"], stages["冷轧大修"]) == ("second", "first")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_view_is_saved_shared_and_opened_by_a_colleague(page: Page, live_server, world, width):
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, live_server.url, "boss")
    page.goto(f"{live_server.url}/projects")
    page.click("text=添加筛选")
    page.click("#list-asking >> text=金额")
    page.fill("#list-asking [name=value]", "≥200万")
    page.press("#list-asking [name=value]", "Enter")
    expect(page.locator(".psm-list tbody tr")).to_have_count(2)
    page.click("a:has-text('列表设置')")
    page.click("text=保存为视图")
    page.fill("[name=name]", "大项目")
    page.select_option("[name=sharing]", "department")
    page.select_option("[name=department_id]", label="华北销售部")
    page.click("main button.btn-primary")
    expect(page.locator(".psm-views [aria-current]")).to_have_text("大项目")
    sign_in(page, live_server.url, "seller")
    page.goto(f"{live_server.url}/projects")
    page.click(".psm-views >> text=大项目")
    expect(page.locator(".psm-list tbody tr")).to_have_count(2)


def test_cells_keys_and_the_way_from_record_to_record(page: Page, live_server, world):
    watch = sign_in(page, live_server.url, "seller")
    page.goto(f"{live_server.url}/projects?sort=name")
    first = world.get(name="一号线润滑油采购")
    cell = page.locator(f"#r{first.pk} [data-edit=amount]")
    cell.click()
    page.fill(".psm-cell [name=value]", "乱写")
    page.press(".psm-cell [name=value]", "Enter")
    expect(page.locator(".psm-cell .invalid-feedback")).to_be_visible()
    page.press(".psm-cell [name=value]", "Escape")
    expect(page.locator(".psm-cell")).to_have_count(0)
    cell.press("F2")
    page.fill(".psm-cell [name=value]", "500万")
    page.press(".psm-cell [name=value]", "Enter")
    expect(page.locator(f"#r{first.pk}")).to_contain_text("5,000,000.00")
    page.locator("h1").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(page.locator("[data-picked]")).to_have_text(" (1)")
    page.keyboard.press("/")
    expect(page.locator("#list-q")).to_be_focused()
    page.locator("h1").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/projects/*")
    before = page.url
    page.keyboard.press("j" if page.locator("a[rel=next]").count() else "k")
    page.wait_for_url(lambda url: url.partition("?")[0] != before.partition("?")[0])
    watch.check()
