"""Pages of accounts: who sees what, how many queries, what changing them says; pickers, files, history."""

import re

import pytest
from django.contrib.messages import get_messages

from openpsm.accounts.models import Account, AccountName
from openpsm.catalog.models import Product
from openpsm.core import custom
from openpsm.web.pickers import SOURCES
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project

pytestmark = pytest.mark.django_db
GOOD_CODE = "91110000600037341L"


@pytest.fixture
def owner():
    return make_user(department=make_department(), name="张磊")


@pytest.fixture
def manager(owner):
    return make_user(roles=("sales-manager",), manages=owner.department, name="李经理")


@pytest.fixture
def account(owner):
    return make_account("宁夏嘉源润滑科技有限公司", owner=owner, region="640100", uscc=GOOD_CODE)


def log_in(client, user):
    client.force_login(user)
    return client


def texts(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def edited(account, **changes):
    kept = ("name", "short_name", "kind", "uscc", "country", "region", "industry", "domain", "phone", "version")
    return {name: getattr(account, name) for name in kept} | changes


# --- the list


@pytest.mark.parametrize("rows", [1, 8])
def test_account_list_query_count(client, owner, rows, django_assert_max_num_queries):
    for _row in range(rows):
        make_account(owner=owner, region="640100")
    log_in(client, owner)
    with django_assert_max_num_queries(8):
        response = client.get("/accounts")
    assert response.context["count"] == rows


@pytest.mark.parametrize("query", ["q=嘉源", "q=jyrh", "q=600037341L", "kind=buyer", "mine=on"])
def test_account_list_finds(client, owner, account, query):
    make_account("甲乙丙丁有限公司", owner=make_user(department=make_department()))
    response = log_in(client, owner).get(f"/accounts?{query}")
    assert [row["name"] for row in response.context["rows"]] == [account.name]


def test_account_list_filters_the_pool_and_hides_other_peoples_accounts(client, account):
    seller = make_user(department=make_department())
    pooled = make_account(owner=seller, is_in_pool=True)
    make_account(owner=seller)
    rows = log_in(client, make_user(department=make_department())).get("/accounts").context["rows"]
    assert [row["name"] for row in rows] == [pooled.name]
    log_in(client, seller)
    rows = client.get("/accounts?pool=on").context["rows"]
    assert [row["name"] for row in rows] == [pooled.name]


@pytest.mark.parametrize(("sort", "expected"), [("name", ["丙丙", "甲甲"]), ("-newest", ["甲甲", "丙丙"])])
def test_account_list_sorts(client, owner, sort, expected):
    make_account("丙丙有限公司", owner=owner)
    make_account("甲甲有限公司", owner=owner, at=AT.replace(day=17))
    rows = log_in(client, owner).get(f"/accounts?sort={sort}").context["rows"]
    assert [row["name"][:2] for row in rows] == expected


# --- the page


@pytest.mark.parametrize("rows", [1, 5])
def test_account_page_query_count(client, owner, rows, django_assert_max_num_queries):
    account = make_account(owner=owner, other_names=[("alias", f"别名{n}") for n in range(rows)])
    for _row in range(rows):
        make_contact(account=account)
        make_project(account=account, owner=owner)
    log_in(client, owner)
    with django_assert_max_num_queries(10):
        response = client.get(f"/accounts/{account.pk}")
    assert (len(response.context["contacts"]), len(response.context["projects"])) == (rows, rows)


@pytest.mark.parametrize("page", ["", "/activities", "/files", "/history"])
def test_account_pages_are_open_to_owner_and_manager_and_to_no_stranger(client, account, owner, manager, page):
    address = f"/accounts/{account.pk}{page}"
    answers = [log_in(client, user).get(address).status_code for user in (owner, manager, make_user())]
    assert answers == [200, 200, 404]


def test_account_page_shows_phones_to_the_team_and_masks_them_with_the_reason_for_a_manager(
    client, account, owner, manager
):
    make_contact("王军", account=account, mobile="13812345678", email="wang@example.com")
    seen = log_in(client, owner).get(f"/accounts/{account.pk}").text
    masked = log_in(client, manager).get(f"/accounts/{account.pk}").text
    assert ("13812345678" in seen, "wang@example.com" in seen) == (True, True)
    assert ("13812345678" in masked, "wang@example.com" in masked, "王军" in masked) == (False, False, True)
    assert "are shown to those who work on this account" in masked


def test_account_page_counts_projects_that_are_not_open_and_says_nothing_of_them(client, account, owner):
    stranger = make_user(department=make_department())
    hidden = make_project("Secret blending plant", account=account, owner=stranger)
    mine = make_project("My blending plant", account=account, owner=owner)
    response = log_in(client, owner).get(f"/accounts/{account.pk}")
    assert ([p.pk for p in response.context["projects"]], response.context["other_projects"]) == ([mine.pk], 1)
    assert (hidden.name in response.text, "1 other project exists" in response.text) == (False, True)


def test_account_in_the_pool_is_claimed_with_one_button(client, owner):
    pooled = make_account(owner=owner, is_in_pool=True)
    seller = make_user(department=make_department())
    response = log_in(client, seller).post(f"/accounts/{pooled.pk}/claim")
    pooled.refresh_from_db()
    assert (response.status_code, pooled.owner) == (302, seller)


def test_account_new_is_a_registration(client, owner):
    assert log_in(client, owner).get("/accounts/new").url == "/registrations/new"


# --- changing it


def test_edit_stores_an_old_code_and_warns(client, account, owner):
    response = log_in(client, owner).post(f"/accounts/{account.pk}/edit", edited(account, uscc="640100200012345"))
    account.refresh_from_db()
    assert (response.status_code, account.uscc) == (302, "640100200012345")
    assert texts(response) == ["This is an old registration number, not a unified social credit code of 18 signs."]


def test_edit_picks_industry_and_division_by_text_alone(client, account, owner):
    data = edited(account, industry_text="基础化学原料制造", region_text="贺兰县")
    data |= {"industry": "", "region": ""}
    response = log_in(client, owner).post(f"/accounts/{account.pk}/edit", data)
    account.refresh_from_db()
    assert (response.status_code, account.industry, account.region) == (302, "261", "640122")


def test_edit_into_another_account_is_stopped_with_the_hit_and_everything_typed(client, account, owner):
    rival = make_user(department=make_department(), name="王芳")
    other = make_account("甘肃天工机械有限公司", owner=rival)
    response = log_in(client, owner).post(f"/accounts/{account.pk}/edit", edited(account, name=other.name, note="x y"))
    assert (response.status_code, [hit.title for hit in response.context["hits"]]) == (
        422,
        ["A customer that is not open to you"],
    )
    assert (response.context["form"]["note"].value(), "王芳" in response.text) == ("x y", True)


def test_edit_of_an_older_version_is_refused_and_keeps_what_was_typed(client, account, owner):
    response = log_in(client, owner).post(
        f"/accounts/{account.pk}/edit", edited(account, version=account.version + 7, note="mine")
    )
    assert (response.status_code, response.context["form"]["note"].value()) == (422, "mine")


def test_edit_is_refused_to_colleague_and_stranger(client, account):
    colleague = make_user(department=account.department)
    finance = make_user(roles=("finance",))
    data = edited(account, note="mine")
    assert log_in(client, colleague).post(f"/accounts/{account.pk}/edit", data).status_code == 404
    assert log_in(client, finance).post(f"/accounts/{account.pk}/edit", data).status_code == 403


def test_edit_form_has_the_custom_fields_and_reads_them_back(client, account, owner):
    choices = {"choices": [{"key": "a", "label": {"en": "First", "zh": "一"}}, {"key": "b"}]}
    for key, kind, options in (("tier", "choice", choices), ("since", "date", {}), ("is_key", "boolean", {})):
        custom.define_field(
            model=Account, key=key, label_en=key, label_zh=key, kind=kind, options=options, by=owner, at=AT
        )
    data = edited(account, **{"custom.tier": "a", "custom.since": "2020-05-01", "custom.is_key": "yes"})
    response = log_in(client, owner).post(f"/accounts/{account.pk}/edit", data)
    account.refresh_from_db()
    assert (response.status_code, account.custom) == (302, {"tier": "a", "since": "2020-05-01", "is_key": True})
    page = client.get(f"/accounts/{account.pk}")
    assert page.context["custom"] == [("tier", "First"), ("since", "2020-05-01"), ("is_key", "yes")]
    form = client.get(f"/accounts/{account.pk}/edit").context["form"]
    assert (form["custom.tier"].value(), form["custom.is_key"].value()) == ("a", "yes")


def test_names_are_added_and_removed(client, account, owner):
    log_in(client, owner).post(f"/accounts/{account.pk}/names/new", {"name": "嘉源润滑", "kind": "short"})
    name = AccountName.objects.get(account=account)
    assert name.name == "嘉源润滑"
    assert client.post(f"/accounts/{account.pk}/names/{name.pk}/delete").status_code == 302
    assert not AccountName.objects.filter(account=account).exists()


def test_name_of_another_account_is_refused_there(client, account, owner):
    other = make_account(owner=owner, other_names=[("alias", "天工机械制造")])
    response = log_in(client, owner).post(f"/accounts/{account.pk}/names/new", {"name": other.name, "kind": "alias"})
    assert (response.status_code, response.context["hits"][0].title) == (422, other.name)


def test_name_of_a_foreign_account_is_not_removed_through_ones_own(client, account, owner):
    other = make_account(other_names=[("alias", "天工机械制造")])
    name = other.names.get()
    log_in(client, owner).post(f"/accounts/{account.pk}/names/{name.pk}/delete")
    assert other.names.count() == 1


def test_team_opens_phones_and_closes_them_again(client, account, owner):
    colleague = make_user(department=make_department())
    log_in(client, owner).post(f"/accounts/{account.pk}/team", {"user_id": colleague.pk})
    assert account.members.filter(user=colleague).exists()
    client.post(f"/accounts/{account.pk}/team/{colleague.pk}/remove")
    assert not account.members.filter(user=colleague).exists()


def test_owner_is_changed_by_a_manager_and_not_by_the_seller(client, account, owner, manager):
    new = make_user(department=owner.department)
    data = {"version": account.version, "owner_id": new.pk}
    assert log_in(client, owner).post(f"/accounts/{account.pk}/owner", data).status_code == 422
    assert log_in(client, manager).post(f"/accounts/{account.pk}/owner", data).status_code == 302
    account.refresh_from_db()
    assert account.owner == new


def test_account_is_deleted_by_a_manager_only_and_not_with_projects(client, account, owner, manager):
    address, data = f"/accounts/{account.pk}/delete", {"version": account.version}
    assert log_in(client, owner).post(address, data).status_code == 403
    project = make_project(account=account, owner=owner)
    refused = log_in(client, manager).post(address, data)
    assert (refused.status_code, "has projects" in refused.text) == (422, True)
    project.deleted_at = AT
    project.save()
    assert client.post(address, data).url == "/accounts"
    account.refresh_from_db()
    assert account.deleted_at is not None


# --- pickers


@pytest.mark.parametrize(
    ("source", "text", "label"),
    [
        ("accounts", "嘉源", "宁夏嘉源润滑科技有限公司"),
        ("industries", "jchxylzz", "基础化学原料制造"),
        ("divisions", "640122", "宁夏回族自治区银川市贺兰县"),
        ("people", "zl", "张磊"),
        ("people", "zhanglei", "张磊"),
        ("products", "L-HM46", "抗磨液压油"),
    ],
)
def test_pick_offers_what_matches(htmx_client, account, owner, source, text, label):
    Product.objects.create(code="L-HM46", name="抗磨液压油", unit="t", search_text="lhm46", created_by=owner)
    response = log_in(htmx_client, owner).get(f"/pick/{source}", {"q": text, "name": "x", "id": "id_x"})
    assert label in [choice.label for choice in response.context["choices"]]
    assert "<html" not in response.text


def test_pick_offers_at_most_twenty(htmx_client, owner):
    response = log_in(htmx_client, owner).get("/pick/divisions", {"q": "县", "name": "x", "id": "id_x"})
    assert (response.text.count("<button"), "Only the first 20" in response.text) == (20, True)


def test_pick_hides_what_the_person_does_not_see(htmx_client, account):
    log_in(htmx_client, make_user(department=make_department()))
    assert htmx_client.get("/pick/accounts", {"q": "嘉源"}).context["choices"] == []
    assert htmx_client.get("/pick/accounts", {"value": account.pk}).status_code == 404


def test_pick_answers_a_choice_with_the_picker_that_holds_it(htmx_client, account, owner):
    response = log_in(htmx_client, owner).get(
        "/pick/accounts", {"value": account.pk, "name": "account_id", "id": "id_account_id"}
    )
    assert re.findall(r'name="(\w+)" value="([^"]+)"', response.text) == [
        ("account_id_text", account.name),
        ("account_id", str(account.pk)),
    ]
    assert response.headers["HX-Trigger-After-Swap"] == "picked"


@pytest.mark.parametrize("query", [{"name": '"><b'}, {"id": "a b"}])
def test_pick_refuses_names_that_are_no_names(htmx_client, owner, query):
    assert log_in(htmx_client, owner).get("/pick/people", {"q": "x", **query}).status_code == 404


def test_picker_offers_a_list_where_the_text_means_several(client, account, owner):
    data = edited(account, region="", region_text="西湖区")
    response = log_in(client, owner).post(f"/accounts/{account.pk}/edit", data)
    labels = [choice.label for choice in response.context["form"].fields["region"].widget.choices]
    expected = ["江西省南昌市西湖区", "浙江省杭州市西湖区", "湖北省武汉市东西湖区"]
    assert (response.status_code, sorted(labels)) == (422, expected)
    chosen = client.post(f"/accounts/{account.pk}/edit", {**data, "region": "330106"})
    account.refresh_from_db()
    assert (chosen.status_code, account.region) == (302, "330106")


def test_picker_says_that_nothing_is_called_so(client, account, owner):
    response = log_in(client, owner).post(
        f"/accounts/{account.pk}/edit", edited(account, region="640100", region_text="Atlantis")
    )
    assert (response.status_code, response.context["form"].errors["region"]) == (
        422,
        ["Nothing that you may see is called “Atlantis”."],
    )


@pytest.mark.parametrize("source", SOURCES)
def test_pickers_stand_any_sign(client, owner, source) -> None:
    client.force_login(owner)
    for text in ("\x00", "a\x00b", "('", "[a", "\\", "\ud7ff\ufffe", "%", "_" * 200):
        assert client.get(f"/pick/{source}", {"q": text}).status_code == 200
        assert client.get(f"/pick/{source}", {"value": text}).status_code == 404
