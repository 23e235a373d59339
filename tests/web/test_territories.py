"""Territories on the screens: drawing them, being refused, asking, and the yes in the inbox."""

from typing import Any

import pytest

from openpsm.accounts.models import Account
from openpsm.org import operations as org
from openpsm.org.models import Approval
from openpsm.registrations.models import Registration, Territory, TerritoryException
from openpsm.registrations.operations import create_territory
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.registrations import make_seller

pytestmark = pytest.mark.django_db
NAME = "洛阳恒岳耐火材料有限公司"


@pytest.fixture
def henan():
    return make_department("河南大区")


@pytest.fixture
def lead(henan):
    return make_user("lead", roles=("sales-manager",), manages=henan)


@pytest.fixture
def draw(henan, lead):
    admin = make_user("drawer", roles=("administrator", "executive"))

    def drawn(**fields: Any) -> Territory:
        given: dict[str, Any] = {"name": "河南耐材", "regions": ["410000"], "department_ids": [henan.pk]} | fields
        return create_territory(**given, by=admin, at=AT)

    return drawn


@pytest.fixture
def stranger(client):
    made = make_seller(name="外省销售")
    client.force_login(made)
    return made


@pytest.fixture
def admin(client):
    made = make_user("admin", roles=("administrator",))
    client.force_login(made)
    return made


# --- drawing


@pytest.mark.parametrize("rows", [1, 6])
def test_territory_list_query_count(client, draw, admin, rows, django_assert_max_num_queries):
    for number in range(rows):
        draw(name=f"T{number}", industries=["30"])
    with django_assert_max_num_queries(15):
        page = client.get("/settings/territories").text
    assert ("河南省" in page, "30 非金属矿物制品业" in page, "河南大区" in page) == (True, True, True)


def test_territories_are_drawn_in_names_or_codes(client, admin, henan):
    given = {
        "name": "豫西",
        "regions": "洛阳市\n湖北省\n4112\n河南省焦作市",
        "industries": "非金属矿物制品业\n黑色金属冶炼和压延加工业\nC3089",
    }
    answer = client.post("/settings/territories/new", given | {"department_ids": [henan.pk], "account_ids": ""})
    assert answer.status_code == 302
    made = Territory.objects.get()
    assert (made.regions, made.industries, list(made.departments.all())) == (
        ["4103", "4108", "4112", "42"],
        ["30", "3089", "31"],
        [henan],
    )


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("regions", "某某省", "“某某省” is not known"),
        ("regions", "鼓楼区", "may be several"),
        ("industries", "没有这个行业", "is not known"),
        ("account_ids", "没有这个客户有限公司", "is not known"),
        ("name", "", "required"),
    ],
)
def test_lines_that_mean_nothing_or_several_are_said(client, admin, henan, field, text, said):
    given = {"name": "X", "regions": "河南省", "department_ids": [henan.pk]} | {field: text}
    answer = client.post("/settings/territories/new", given)
    assert (answer.status_code, said in answer.text, Territory.objects.count()) == (422, True, 0)


def test_a_territory_is_changed_and_nothing_unseen_is_lost(client, admin, draw):
    hidden = make_account("唐山华岩陶瓷有限公司", owner=make_seller())
    found = draw(account_ids=[hidden.pk])
    page = client.get(f"/settings/territories/{found.pk}").text
    assert ("41 河南省" in page, hidden.name in page) == (True, False)
    given = {"name": "河南", "regions": "41 河南省", "version": 1, "department_ids": [found.departments.get().pk]}
    assert client.post(f"/settings/territories/{found.pk}", given).status_code == 302
    found.refresh_from_db()
    assert (found.name, found.regions, list(found.accounts.all())) == ("河南", ["41"], [hidden])
    assert client.post(f"/settings/territories/{found.pk}", given).status_code == 422


def test_a_territory_is_closed_and_opened(client, admin, draw):
    found = draw()
    for version, is_active in ((1, False), (2, True)):
        assert client.get(f"/settings/territories/{found.pk}/close").status_code == 200
        assert client.post(f"/settings/territories/{found.pk}/close", {"version": version}).status_code == 302
        found.refresh_from_db()
        assert found.is_active is is_active


def test_territories_are_drawn_by_administrators_only(client, draw):
    found = draw()
    for person in (make_seller(), make_user(roles=("executive",))):
        client.force_login(person)
        for path in ("", "/new", f"/{found.pk}", f"/{found.pk}/close"):
            assert client.get(f"/settings/territories{path}").status_code == 403
    assert client.get("/settings").text.count("/settings/territories") == 0


# --- asking


def test_the_check_says_whose_territory_it_is(client, stranger, draw):
    given = {"name": NAME, "kind": "buyer"}
    free = client.post("/registrations/check", given).text
    assert ("河南耐材" in free, "it can be yours" in free) == (False, True)
    draw()
    page = client.post("/registrations/check", given).text
    assert ("河南耐材" in page, "/registrations/exception" in page, "it can be yours" in page) == (True, True, False)
    assert "河南耐材" not in client.post("/registrations/check", given | {"region": "130200"}).text


def test_a_refused_registration_asks_and_is_registered_after_a_yes(client, stranger, draw, lead):
    draw()
    given = {"name": NAME, "kind": "buyer", "region": "410300"}
    refused = client.post("/registrations/new", given)
    assert (refused.status_code, "/registrations/exception" in refused.text) == (422, True)
    empty = client.post("/registrations/exception", given | {"reason": ""})
    assert (empty.status_code, TerritoryException.objects.count()) == (422, 0)
    asked = client.post("/registrations/exception", given | {"reason": "老客户的新厂, 一直由我联系"})
    approval = Approval.objects.get()
    assert asked.headers["Location"] == f"/approvals/{approval.pk}"
    client.force_login(lead)
    assert NAME in client.get(f"/approvals/{approval.pk}").text
    org.decide_approval(
        approval_id=approval.pk, version=None, decision="approve", comment="老客户, 同意", by=lead, at=AT
    )
    client.force_login(stranger)
    assert "河南耐材" not in client.post("/registrations/check", given).text
    assert client.post("/registrations/new", given).status_code == 302
    assert Registration.objects.get().owner == stranger


def test_one_of_the_pool_is_asked_for(client, stranger, draw):
    account = make_account(NAME, is_in_pool=True, region="410300")
    assert f"/accounts/{account.pk}/claim" in client.get("/registrations/pool").text
    draw()
    page = client.get("/registrations/pool").text
    assert (f"/accounts/{account.pk}/claim" in page, f"/accounts/{account.pk}/exception" in page) == (False, True)
    answer = client.post(f"/accounts/{account.pk}/claim")
    assert answer.headers["Location"] == f"/accounts/{account.pk}/exception"
    assert "河南耐材" in client.get(f"/accounts/{account.pk}/exception").text
    assert client.post(f"/accounts/{account.pk}/exception", {"reason": "x"}).status_code == 422
    done = client.post(f"/accounts/{account.pk}/exception", {"reason": "该厂新任厂长是我的老客户"})
    assert (done.status_code, TerritoryException.objects.get().name) == (302, NAME)
    again = client.post(f"/accounts/{account.pk}/exception", {"reason": "该厂新任厂长是我的老客户"})
    assert again.status_code == 422


def test_asking_where_nothing_keeps_one_from_it_is_refused(client, stranger):
    account = make_account(NAME, is_in_pool=True, region="410300")
    assert client.post(f"/accounts/{account.pk}/exception", {"reason": "该厂新任厂长是我的老客户"}).status_code == 422
    hidden = make_account("别人的客户有限公司", owner=make_seller())
    assert client.get(f"/accounts/{hidden.pk}/exception").status_code == 404


def test_the_industry_is_given_on_the_form(client, stranger, draw):
    draw(regions=[], industries=["30"])
    given = {"name": NAME, "kind": "buyer"}
    assert client.post("/registrations/new", given | {"industry": "3089"}).status_code == 422
    assert client.post("/registrations/new", given | {"industry": "3511"}).status_code == 302
    assert Account.objects.get().industry == "3511"
