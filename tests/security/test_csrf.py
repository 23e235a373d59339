"""AU2: no page writes without its token, no operation by a cookie, nothing on a request that only asks."""

import pytest
from django.test import Client

from tests.security.api_rows import API, kind_of
from tests.security.calls import Desk, undone
from tests.security.rows import WEB
from tests.security.test_access_matrix import _quiet
from tests.security.test_access_matrix_api import _path, operations
from tests.security.watch import digests, writes

__all__ = ["_quiet"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("_quiet")]
#: Who would be let in, by the right that a page asks for.
ENTITLED = {"user.admin", "role.admin", "settings.admin", "process.admin", "job.view", "audit.view"}


def entitled(needs: str) -> str:
    return "administrator" if needs in ENTITLED else "market" if needs == "product.edit" else "owner"


def everybody_in(desk: Desk) -> None:
    """Sign in whoever is needed, before rows are compared."""
    for who in ("owner", "executive", "administrator", "market", "anonymous"):
        desk.browser(who)


def strict(desk: Desk, who: str) -> Client:
    """The person's browser as the server sees it in earnest: with the check of the origin."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.cookies.load({name: morsel.value for name, morsel in desk.browser(who).cookies.items()})
    return client


def test_no_page_takes_a_form_without_its_token(desk: Desk) -> None:
    everybody_in(desk)
    bundle, tried = desk.world.bundles["own"], 0
    posts = {name: row for name, row in WEB.items() if "POST" in row.methods}
    bodies = {name: desk.body(name, bundle) for name in posts}
    before = digests()
    for name, row in posts.items():
        body, client = bodies[name], strict(desk, entitled(row.needs))
        for headers in ({}, {"HX-Request": "true"}, {"X-CSRFToken": "x" * 64}, {"Origin": "https://evil.example"}):
            answer = client.post(desk.url(name, bundle), body, headers=headers)
            assert answer.status_code == 403, (name, headers, answer.status_code)
            tried += 1
    assert digests() == before
    print(f"\n{tried} forged forms refused")


def test_a_form_with_its_token_from_another_site_is_refused(desk: Desk) -> None:
    """The cookie and its token alone do not do it when the request says that it comes from elsewhere."""
    everybody_in(desk)
    client = strict(desk, "owner")
    client.get("/profile")
    token = client.cookies["csrftoken"].value
    good = client.post("/theme", {"theme": "dark", "csrfmiddlewaretoken": token})
    assert good.status_code == 302
    before = digests()
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "HX-Request": "true"},
    ):
        answer = client.post("/theme", {"theme": "light", "csrfmiddlewaretoken": token}, headers=headers)
        assert answer.status_code == 403, headers
    assert digests() == before


def test_a_cookie_opens_no_operation_of_the_api(desk: Desk) -> None:
    everybody_in(desk)
    before = digests()
    for operation in operations():
        call = API[operation.name]
        who = entitled(call.needs)
        path = _path(desk, operation, call, kind_of(operation.path, call), desk.world.bundles["own"])
        for client in (desk.browser(who), strict(desk, who)):
            answer = client.generic(operation.method, path, "{}", content_type="application/json")
            assert answer.status_code == 401, (operation.name, answer.status_code)
    assert digests() == before


def test_a_request_that_only_asks_writes_nothing(desk: Desk) -> None:
    """GET and HEAD of every page and every operation, as people who see much."""
    people = ("owner", "executive", "administrator", "market")
    everybody_in(desk)
    before, asked = digests(), 0
    with writes() as wrote:
        for name, row in WEB.items():
            for who in people if "GET" in row.methods else ():
                for method in ("GET", "HEAD"):
                    desk.call(who, method, desk.url(name, desk.world.bundles["own"]))
                    asked += 1
                    assert wrote.seen == [], (name, who, wrote.seen)
        for operation in operations():
            call = API[operation.name]
            path = _path(desk, operation, call, kind_of(operation.path, call), desk.world.bundles["own"])
            for who in people if operation.method == "GET" else ():
                desk.api(desk.world.tokens[who], "GET", path)
                asked += 1
                assert wrote.seen == [], (operation.name, who, wrote.seen)
    assert [name for name, digest in digests().items() if digest != before[name]] == []
    print(f"\n{asked} questions, nothing written")


def test_a_method_hidden_in_a_form_or_header_changes_nothing(desk: Desk) -> None:
    pk = desk.world.bundles["own"]["project"]
    everybody_in(desk)
    with undone(), writes() as wrote:
        for headers in ({"X-HTTP-Method-Override": "DELETE"}, {"X-Method-Override": "POST"}, {}):
            answer = desk.browser("owner").get(f"/projects/{pk}/delete?_method=POST", headers=headers)
            assert answer.status_code == 403
            assert wrote.seen == []
