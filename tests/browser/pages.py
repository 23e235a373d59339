"""What browser tests share: signing in, choosing the language, and a watch over console and overflow."""

from typing import Any

from playwright.sync_api import Page

PASSWORD = "long-enough-4-tests"
WIDTHS = (1440, 360)


class Watch:
    """Collects console errors and policy reports of a page; `check` fails on them and on sideways scrolling."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: Any) -> None:
        expected = "409 (Conflict)" in message.text or "422 (" in message.text  # answers that tests ask for
        if message.type in ("error", "warning") and not expected:
            self.complaints.append(message.text)

    def check(self) -> None:
        assert self.complaints == [], self.complaints
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), self.page.url


def sign_in(page: Page, base: str, username: str, language: str = "zh-hans") -> Watch:
    """Sign in and switch to the language on the page itself."""
    watch = Watch(page)
    page.context.clear_cookies()
    page.goto(f"{base}/login")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/today")
    if page.get_attribute("html", "lang") != language:
        page.click(".psm-person")
        page.click(f"button[name=language][value='{language}']")
        page.wait_for_selector(f"html[lang='{language}']", state="attached")
    return watch
