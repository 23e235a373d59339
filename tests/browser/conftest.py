"""A real Chromium for the tests marked `browser`: the one that scripts/find-chromium names."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FIND_CHROMIUM = Path(__file__).resolve().parents[2] / "scripts" / "find-chromium"
QUIET = (
    "--no-sandbox",  # root in a container has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    found = (
        os.environ.get("OPENPSM_CHROMIUM")
        or subprocess.run([FIND_CHROMIUM], capture_output=True, text=True, check=False).stdout.strip()
    )
    return found or pytest.fail("No Chromium here: run scripts/ensure-system chromium.")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": chromium(), "args": list(QUIET)}


@pytest.fixture(scope="session", autouse=True)
def django_beside_playwright() -> Iterator[None]:
    """Let Django use the database in the test's thread, where Playwright keeps an event loop of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield
