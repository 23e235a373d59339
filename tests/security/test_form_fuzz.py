"""G5 for pages: forms filled in by Hypothesis. Nothing breaks, and what is refused has stored nothing."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.security.calls import Desk, undone
from tests.security.rows import WEB
from tests.security.test_access_matrix import _quiet
from tests.security.test_csrf import entitled
from tests.security.watch import writes

__all__ = ["_quiet"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("_quiet")]
POSTS = int(os.environ.get("FORM_POSTS", "1000"))
NAMES = sorted(name for name, row in WEB.items() if "POST" in row.methods)
ODD = [
    "",
    " ",
    "0",
    "-1",
    "1",
    "on",
    "yes",
    "2026-11-01",
    "下周三",
    "240万",
    "1e400",
    "NaN",
    "\x00",
    "\u202e",
    "x" * 6000,
]
VALUES = st.one_of(st.sampled_from(ODD), st.text(max_size=40), st.integers().map(str), st.dates().map(str))
#: Somebody who looks like having typed: no lone surrogates, which no form can carry.
TYPED = VALUES.map(lambda text: text.encode("utf-8", "ignore").decode())
#: Counting what was tried, and telling somebody that it was refused, is no storing.
COUNTED = ("core_ratebucket", "org_usersession")


def test_made_up_forms_never_break_a_page(desk: Desk) -> None:
    counted: dict[int, int] = {}

    @given(st.data())
    @settings(
        max_examples=POSTS,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def post(data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(NAMES))
        row, bundle = WEB[name], desk.world.bundles["own"]
        body = _changed(data, desk.body(name, bundle))
        who = entitled(row.needs)
        with desk.same_cookies(who), undone(), writes() as wrote:
            answer = desk.call(who, "POST", desk.url(name, bundle), body)
        counted[answer.status_code] = counted.get(answer.status_code, 0) + 1
        assert answer.status_code < 500, (name, body)
        if answer.status_code in (403, 404, 422):
            stored = [each for each in wrote.seen if not any(table in each for table in COUNTED)]
            assert not stored or name in BLOCKED, (name, body, stored)

    post()
    print(f"\n{sum(counted.values())} forms: {counted}")
    assert counted.get(302, 0) + counted.get(200, 0) >= POSTS // 20


#: A blocked attempt is an event of its own.
BLOCKED = {"project-advance", "project-win", "registration-new", "account-edit", "account-name-new", "login"}


def _changed(data: st.DataObject, body: dict[str, Any]) -> dict[str, Any]:
    """A few fields hold something else, are left out, or come twice."""
    for key in data.draw(st.lists(st.sampled_from(sorted(body)), max_size=3)) if body else ():
        how = data.draw(st.sampled_from(["other", "other", "gone", "twice"]))
        if how == "gone":
            body.pop(key, None)
        else:
            body[key] = data.draw(TYPED) if how == "other" else [data.draw(TYPED), data.draw(TYPED)]
    return body
