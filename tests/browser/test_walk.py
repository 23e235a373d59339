"""A walk over every page: no console error or policy report, no sideways scrolling, controls named, nothing pale."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from openpsm.projects.models import Project
from tests.browser.axe import serious
from tests.browser.looks import PALE, SMALL, TWICE
from tests.browser.pages import PASSWORD, WIDTHS, Watch, sign_in
from tests.factories.accounts import make_account, make_contact
from tests.factories.buying import answer_elements, make_contender, make_stakeholder
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAILY = (
    *("/today", "/projects", "/accounts", "/accounts?q=机械", "/registrations", "/registrations/new", "/activities"),
    *(
        "/activities/log",
        "/products",
        "/guide",
        "/guide/gates",
        "/search?q=设备",
        "/notifications",
        "/profile",
        "/tasks/new",
    ),
    *("/bin", "/contacts/new", "/search"),
    *("/more", "/password", "/projects?sort=nonsense", "/nowhere"),
)
PROJECT = (
    *("", "/people", "/people/new", "/intelligence", "/intelligence/new", "/competition", "/contenders/new"),
    *(
        "/criteria/new",
        "/evaluation",
        "/evaluation/new",
        "/timeline",
        "/comments",
        "/files",
        "/history",
        "/edit",
        "/step",
        "/team",
    ),
    *("/parties", "/diagnosis", "/stages/enter", "/lose", "/hold"),
)
ADMINISTRATION = (
    *("/settings", "/settings/users", "/settings/departments", "/settings/roles", "/settings/parameters"),
    *("/settings/custom-fields", "/settings/processes", "/settings/jobs", "/settings/audit"),
    *("/settings/users/invite", "/settings/departments/new", "/settings/roles/new", "/settings/custom-fields/new"),
    *("/settings/imports", "/settings/imports/new", "/settings/exports", "/team"),
)
UNNAMED = """() => [...document.querySelectorAll(
  'a, button, input:not([type=hidden], [aria-hidden=true]), select, textarea')].filter(e =>
  e.offsetParent !== null && !(e.innerText || '').trim() && !e.getAttribute('aria-label') && !e.title
  && !(e.labels && e.labels.length) && !e.querySelector('img[alt]:not([alt=""])')
).map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture
def world():
    """A seller with a project that has something of everything, and an administrator."""
    seller = make_user(username="seller", name="陈思远", department=make_department("华东销售部"), password=PASSWORD)
    make_user(username="admin", name="许志清", roles=("administrator", "executive"), password=PASSWORD)
    now = timezone.now()
    account = make_account("常熟精工机械设备有限公司", owner=seller)
    make_contact(account=account)
    project = make_project("二期设备用油年度采购", account=account, owner=seller, at=now)
    answer_elements(project, at=now)
    make_stakeholder(project, "设备部长", attitude=1, contacted_on=now.date() - timedelta(days=3), at=now)
    make_contender(project, "东泰石化", at=now)
    return project


def darken(page: Page) -> None:
    page.click(".psm-person")
    page.click("button[name=theme]")
    page.wait_for_selector("html[data-bs-theme=dark]", state="attached")


def walk(page: Page, base: str, paths: tuple[str, ...], watch: Watch, axe: bool = False) -> None:
    """Open each page and say at the end what is wrong with which."""
    narrow = page.viewport_size == {"width": 360, "height": 900}
    wrong: dict[str, list[str]] = {}
    for path in paths:
        page.goto(base + path)
        page.wait_for_load_state("networkidle")
        watch.complaints[:] = [text for text in watch.complaints if "404 (" not in text and "400 (" not in text]
        watch.check()
        looks = (UNNAMED, PALE, TWICE, *((SMALL,) if narrow else ()))
        found = [*(fault for look in looks for fault in page.evaluate(look)), *(serious(page) if axe else ())]
        wrong |= {path: found} if found else {}
        assert page.locator("h1").count() == 1, path
    assert wrong == {}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_seller_walks_over_all_pages(page: Page, live_server, world: Project, width, language):
    page.set_viewport_size({"width": width, "height": 900})
    watch = sign_in(page, live_server.url, "seller", language)
    walk(page, live_server.url, DAILY, watch, axe=True)
    more = (f"/accounts/{world.account_id}", f"/activities/log?project={world.pk}")
    walk(page, live_server.url, (*more, *(f"/projects/{world.pk}{part}" for part in PROJECT)), watch, axe=True)


@pytest.mark.parametrize("width", WIDTHS)
def test_administrator_walks_over_the_settings_in_the_dark(page: Page, live_server, world: Project, width):
    page.set_viewport_size({"width": width, "height": 900})
    watch = sign_in(page, live_server.url, "admin", "zh-hans")
    darken(page)
    walk(page, live_server.url, ADMINISTRATION, watch, axe=True)
