"""axe-core over every page that there is: the routes say which, so that a new page cannot be forgotten."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from openpsm.org.models import User
from tests.browser.axe import serious
from tests.browser.looks import PALE, SMALL, TWICE
from tests.security.calls import Desk
from tests.security.rows import WEB
from tests.security.test_access_matrix import _quiet
from tests.security.world import make_world

__all__ = ["_quiet"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
#: Tried in turn until one of them may open a page.
OPENERS = ("owner", "manager", "executive", "administrator", "market", "superuser")
WAYS = ((1440, "light", "zh-hans"), (360, "dark", "en"))
#: What answers with something else than a whole page: files, parts of pages, other programs' questions, and ways on
#: to another page.
NO_PAGES = {
    *(
        "export",
        "export-file",
        "guide-picture",
        "file-download",
        "import-errors",
        "import-template",
        "healthz",
        "readyz",
    ),
    *("bell", "comment-people", "keys", "pick", "project-board-more", "understood"),
    *("start", "account-new", "contact-detail", "login", "setup"),
}
#: What this world has no record for: seen by the walks and by the tests of imports, of the guide and of the demo.
ELSEWHERE = {"demo-delete", "guide-page", "import-detail", "import-map", "password-reset-link", "project-confirm"}


def pages(desk: Desk) -> Iterator[tuple[str, str, str]]:
    """Yield name, person and address of each route that answers with a whole page."""
    own = desk.world.bundles["own"]
    for name, row in WEB.items():
        if row.is_button or name in NO_PAGES | ELSEWHERE:
            continue
        url = desk.url(name, own)
        for who in OPENERS:
            if is_page(desk.browser(who).get(url)):
                yield name, who, url
                break


def is_page(answer: Any) -> bool:
    return bool(answer.status_code == 200 and not answer.streaming and b"<html" in answer.content[:200])


def faults(page: Any, width: int) -> list[str]:
    looks = (PALE, TWICE, *((SMALL,) if width == 360 else ()))
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [*serious(page), *(fault for look in looks for fault in page.evaluate(look)), *(["scrolls"] if wide else [])]


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize(("width", "theme", "language"), WAYS)
def test_no_page_shuts_anybody_out(browser: Browser, live_server: Any, width: int, theme: str, language: str) -> None:
    desk = Desk(make_world())
    User.objects.update(theme=theme, language=language)
    found = list(pages(desk))
    wrong: dict[str, list[str]] = {}
    for who in OPENERS:
        context = browser.new_context(viewport={"width": width, "height": 900})
        cookies = desk.browser(who).cookies
        context.add_cookies([{"name": "openpsm", "value": cookies["openpsm"].value, "url": live_server.url}])
        page = context.new_page()
        for name, _who, url in (one for one in found if one[1] == who):
            answer = page.goto(live_server.url + url)
            assert answer is not None, name
            assert answer.status == 200, (name, url)
            wrong |= {f"{name} {url}": seen} if (seen := faults(page, width)) else {}
        page.wait_for_load_state("networkidle")
        context.close()
    shown = {name for name, _who, _url in found}
    left = {name for name, row in WEB.items() if not row.is_button} - shown
    assert (wrong, left) == ({}, NO_PAGES | ELSEWHERE)
