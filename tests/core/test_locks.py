"""How rows are locked."""

import re
from pathlib import Path

import openpsm

PACKAGE = Path(openpsm.__file__).parent


def test_no_lock_keeps_rows_waiting_that_only_point_to_the_locked_one():
    """The head of the event log is left out: nothing points to it."""
    sources = [path for path in PACKAGE.rglob("*.py") if path.name != "chain.py"]
    found = {path.name: re.findall(r"select_for_update\((?!no_key=True)", path.read_text("utf-8")) for path in sources}
    assert {name: calls for name, calls in found.items() if calls} == {}
