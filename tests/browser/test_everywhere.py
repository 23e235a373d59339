"""The palette, keys, comments and undo, as fingers and keyboards meet them."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from openpsm.org.models import Notification, Recent
from tests.browser.pages import PASSWORD, WIDTHS, sign_in
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def project():
    place = make_department("华东销售部")
    seller = make_user(username="seller", name="陈思远", department=place, password=PASSWORD)
    make_user(username="boss", name="沈若楠", manages=place, roles=("sales-manager",), password=PASSWORD)
    account = make_account("中国石化镇海炼化", owner=seller)
    return make_project("镇海二期设备用油", account=account, owner=seller, at=timezone.now())


@pytest.mark.parametrize("width", WIDTHS)
def test_palette_finds_by_initials_and_opens_by_the_keyboard(page: Page, live_server, project, width):
    page.set_viewport_size({"width": width, "height": 900})
    watch = sign_in(page, live_server.url, "seller")
    page.keyboard.press("Control+k")
    page.keyboard.type("zgsh")
    expect(page.locator("#palette-found")).to_contain_text("中国石化镇海炼化")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.className") == "psm-hit-line"
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('dialog') || document.activeElement === document.body")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("zhenhai")
    expect(page.locator(".psm-hit-line").first).to_contain_text("镇海二期设备用油")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/projects/{project.pk}")
    page.wait_for_load_state("networkidle")
    assert list(Recent.objects.values_list("subject_id", flat=True)) == [project.pk]
    watch.check()


def test_keys_rest_while_somebody_types(page: Page, live_server, project):
    watch = sign_in(page, live_server.url, "seller")
    page.goto(f"{live_server.url}/tasks/new")
    page.click("[name=title]")
    page.keyboard.type("c/?[")
    assert (page.input_value("[name=title]"), page.locator("dialog[open]").count()) == ("c/?[", 0)
    page.fill("[name=due_on]", "11.15")
    page.keyboard.press("Tab")
    expect(page.locator(".psm-understood")).to_contain_text("-11-15")
    page.click("h1")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("[")
    expect(page.locator("body")).to_have_class("psm-folded")
    watch.check()


@pytest.mark.parametrize("width", WIDTHS)
def test_comment_names_a_colleague_whose_bell_rings_and_is_undone(page: Page, live_server, project, width):
    page.set_viewport_size({"width": width, "height": 900})
    watch = sign_in(page, live_server.url, "seller")
    page.goto(f"{live_server.url}/projects/{project.pk}/comments")
    page.click("textarea[data-mention]")
    page.keyboard.type("请看 @s")
    expect(page.locator(".psm-mention-list button")).to_have_text("沈若楠 华东销售部")
    page.keyboard.press("Enter")
    page.click(".psm-comment-form .btn-primary")
    expect(page.locator(".psm-mention")).to_have_text("@沈若楠")
    assert page.input_value("textarea[data-mention]") == ""
    assert Notification.objects.get().kind == "comment.mentioned"
    page.click(".psm-comment-tools form button")
    expect(page.locator(".psm-comments")).to_have_count(0)
    page.click(".psm-undoable form button")
    expect(page.locator(".psm-mention")).to_have_text("@沈若楠")
    watch.check()
