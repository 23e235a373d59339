"""Registering: what is shown of whose records, what stops it, what may be confirmed, what becomes of it."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from openpsm.accounts.models import Account
from openpsm.core import parameters
from openpsm.core.dates import today
from openpsm.core.models import Event
from openpsm.projects.models import Project
from openpsm.registrations.models import Registration
from openpsm.registrations.parameters import CHECKS_PER_HOUR
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project
from tests.factories.registrations import register_account

pytestmark = pytest.mark.django_db
NAME = "宁夏嘉源润滑科技有限公司"


@pytest.fixture
def seller():
    return make_user(department=make_department(), name="张磊")


@pytest.fixture
def rival():
    """A colleague elsewhere, whose records the seller does not see."""
    return make_user(department=make_department(), name="王芳")


@pytest.fixture
def mine(client, seller):
    client.force_login(seller)
    return client


def form(**given):
    return {"name": "", "kind": "buyer", **given}


def texts(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


# --- the list and one registration


@pytest.mark.parametrize("rows", [1, 6])
def test_registration_list_query_count(mine, seller, rows, django_assert_max_num_queries):
    for _row in range(rows):
        register_account(by=seller)
    with django_assert_max_num_queries(7):
        response = mine.get("/registrations")
    assert response.context["count"] == rows


def test_registration_list_filters_by_state(mine, seller):
    ended, live = register_account(by=seller), register_account(by=seller)
    Registration.objects.filter(pk=ended.pk).update(status="expired")
    rows = mine.get("/registrations?status=live").context["rows"]
    assert [row["name"] for row in rows] == [live.name]


def test_registration_page_is_open_to_its_owner_and_to_no_stranger(mine, seller, rival):
    own, other = register_account(by=seller), register_account(by=rival)
    assert [mine.get(f"/registrations/{one.pk}").status_code for one in (own, other)] == [200, 404]


# --- registering


def test_new_customer_is_registered(mine, seller):
    response = mine.post("/registrations/new", form(name=NAME, uscc="640100200012345", region="640100"))
    registration = Registration.objects.get()
    assert response.url == f"/registrations/{registration.pk}"
    account = Account.objects.get()
    assert (registration.owner, registration.account, account.name, account.region) == (seller, account, NAME, "640100")
    page = mine.get(response.url)
    assert "protected" in page.text.lower()


def test_new_customer_and_project_are_registered_together(mine, seller):
    mine.post("/registrations/new", form(name=NAME, project_name="二期工业油液年度采购", amount="240万", site="银川"))
    project = Project.objects.get()
    assert (project.account.name, str(project.amount), project.owner) == (NAME, "2400000.00", seller)


def test_project_at_a_known_customer_is_registered(mine, seller):
    account = make_account(owner=seller)
    page = mine.get(f"/registrations/new?account={account.pk}")
    assert f'value="{account.name}"' in page.text
    mine.post(
        "/registrations/new", form(account_id=account.pk, account_id_text=account.name, project_name="二期油液采购")
    )
    assert Project.objects.get().account == account


@pytest.mark.parametrize(("given", "field"), [({}, "name"), ({"account": True}, "project_name")])
def test_form_says_what_is_missing(mine, seller, given, field):
    known = {"account_id": make_account(owner=seller).pk} if given else {}
    response = mine.post("/registrations/new", form(**known))
    assert (response.status_code, set(response.context["form"].errors)) == (422, {field})


def test_form_is_refused_to_who_may_not_register(client):
    client.force_login(make_user(roles=("finance",)))
    assert [client.get("/registrations/new").status_code, client.post("/registrations/check").status_code] == [403, 403]


# --- what stops it


def test_same_customer_of_a_colleague_stops_it_and_shows_no_more_than_its_owner(mine, rival):
    make_account(NAME, owner=rival, short_name="嘉源", phone="0951-1234567", uscc="91110000600037341L")
    response = mine.post(
        "/registrations/new", form(name="宁夏嘉源润滑科技 有限公司", site="银川", project_name="二期油液采购")
    )
    assert (response.status_code, Account.objects.count(), Project.objects.count()) == (422, 1, 0)
    hit = response.context["hits"][0]
    assert (hit.hit.cls, hit.title, hit.url, hit.hit.owner) == (
        "same",
        "A customer that is not open to you",
        "",
        "王芳",
    )
    assert [word in response.text for word in ("王芳", "0951-1234567", "91110000600037341L")] == [True, False, False]
    assert (response.context["form"]["site"].value(), "is-same" in response.text) == ("银川", True)


def test_same_project_shows_owner_and_stage_but_no_amount(mine, rival):
    account = make_account(NAME, owner=rival)
    make_project("二期工业油液年度采购", account=account, owner=rival, amount=7_654_321)
    shown = mine.post(
        "/registrations/check", form(name=NAME, project_name="二期工业油液年度采购"), headers={"HX-Request": "true"}
    )
    project = next(hit for hit in shown.context["hits"] if hit.hit.kind == "project")
    assert (project.title, project.hit.owner, project.hit.stage != "") == (
        "A project that is not open to you",
        "王芳",
        True,
    )
    assert ("7,654,321" in shown.text, project.hit.score % 10) == (False, 0)


def test_own_customer_takes_the_project_after_one_click(mine, seller):
    account = make_account(NAME, owner=seller)
    typed = form(name=NAME, project_name="二期油液采购", note="x")
    hit = mine.post("/registrations/new", typed).context["hits"][0]
    assert (hit.hit.is_own, hit.url) == (True, f"/accounts/{account.pk}")
    chosen = mine.post("/registrations/new", {**typed, "use": hit.hit.key})
    again = chosen.context["form"]
    assert (chosen.status_code, again["account_id"].value(), again["project_name"].value()) == (
        200,
        str(account.pk),
        "二期油液采购",
    )
    mine.post("/registrations/new", {**typed, "account_id": account.pk})
    assert Project.objects.get().account == account


def test_customer_in_the_pool_is_claimed_after_one_click(mine, seller, rival):
    account = make_account(NAME, owner=rival, is_in_pool=True)
    hit = mine.post("/registrations/new", form(name=NAME)).context["hits"][0]
    assert hit.use == "Take it from the pool"
    chosen = mine.post("/registrations/new", form(name=NAME, use=hit.hit.key))
    key = chosen.context["form"]["account_hit"].value()
    response = mine.post("/registrations/new", form(name=NAME, account_hit=key))
    account.refresh_from_db()
    assert (response.status_code, account.owner) == (302, seller)


def test_customer_of_a_colleague_takes_a_project_for_a_line_of_its_own(mine, seller, rival):
    account = make_account(NAME, owner=rival)
    typed = form(name=NAME, project_name="齿轮油采购")
    key = mine.post("/registrations/new", typed).context["hits"][0].hit.key
    assert mine.post("/registrations/new", {**typed, "account_hit": key}).status_code == 422
    response = mine.post("/registrations/new", {**typed, "account_hit": key, "product_line": "齿轮油"})
    project = Project.objects.get()
    assert (response.status_code, project.account, project.owner) == (302, account, seller)


def test_choice_is_undone_and_everything_typed_stays(mine, seller):
    make_account(NAME, owner=seller)
    typed = form(name=NAME, project_name="二期油液采购", domain="abc.com", account_hit="x" * 20, forget="1")
    response = mine.post("/registrations/new", typed)
    again = response.context["form"]
    assert (response.status_code, again["account_hit"].value(), again["domain"].value()) == (200, "", "abc.com")


def test_possible_hit_must_be_compared_and_confirmed(mine, rival):
    make_account("嘉源润滑科技有限公司", owner=rival)
    refused = mine.post("/registrations/new", form(name=NAME))
    hit = refused.context["hits"][0]
    assert (refused.status_code, hit.hit.cls, "another one" in refused.text) == (422, "possible", True)
    response = mine.post("/registrations/new", form(name=NAME, different=[hit.hit.key]))
    assert (response.status_code, Registration.objects.get().confirmed_different) == (302, [hit.hit.key])


def test_confirming_nothing_else_does_not_help(mine, rival):
    make_account("宁夏嘉源润滑科技股份公司", owner=rival)
    assert mine.post("/registrations/new", form(name=NAME, different=["y" * 20])).status_code == 422


def test_related_hit_informs_only(mine, rival):
    make_account(NAME, owner=rival)
    shown = mine.post("/registrations/check", form(name="宁夏嘉源润滑科技有限公司银川分公司"))
    assert [(hit.hit.cls, hit.use) for hit in shown.context["hits"]] == [("related", "")]
    assert mine.post("/registrations/new", form(name="宁夏嘉源润滑科技有限公司银川分公司")).status_code == 302


# --- while typing


def test_check_answers_a_fragment_and_stores_nothing_but_that_it_was_asked(mine, seller):
    make_account(NAME, owner=seller)
    response = mine.post("/registrations/check", form(name=NAME), headers={"HX-Request": "true"})
    assert ("<html" in response.text, 'id="hits"' in response.text, NAME in response.text) == (False, True, True)
    assert (Registration.objects.count(), Event.objects.filter(name="registration.checked").count()) == (0, 1)


@pytest.mark.parametrize("name", ["", "宁", "宁夏"])
def test_check_waits_for_three_signs(mine, name):
    response = mine.post("/registrations/check", form(name=name))
    assert (response.context["hits"], Event.objects.filter(name="registration.checked").count()) == ([], 0)


def test_check_says_how_many_are_left_and_then_when_to_go_on(mine, seller):
    parameters.set_parameter(key=CHECKS_PER_HOUR, value=2, by=seller, at=AT)
    left = [mine.post("/registrations/check", form(name=NAME)).context["checks_left"] for _try in range(2)]
    refused = mine.post("/registrations/check", form(name=NAME))
    assert (left, refused.status_code, int(refused.headers["Retry-After"]) > 0) == ([1, 0], 429, True)
    assert "You have checked 2 names within an hour." in refused.text


def test_check_remembers_what_was_confirmed(mine, rival):
    make_account("宁夏嘉源润滑科技股份公司", owner=rival)
    key = mine.post("/registrations/check", form(name=NAME)).context["hits"][0].hit.key
    again = mine.post("/registrations/check", form(name=NAME, different=[key]))
    assert [hit.is_confirmed for hit in again.context["hits"]] == [True]


@pytest.mark.parametrize("rows", [1, 4])
def test_check_query_count(mine, rival, rows, django_assert_max_num_queries):
    for number in range(rows):
        make_account(f"{NAME}{'一二三四'[number]}分公司", owner=rival)
    with django_assert_max_num_queries(23):  # three of them stop probing, one asks for territories
        response = mine.post("/registrations/check", form(name=NAME, project_name="二期油液采购"))
    assert len(response.context["hits"]) == rows


def test_protection_that_is_over_is_marked_in_the_list_and_on_the_page(mine, seller):
    register_account(by=seller)
    live = Registration.objects.get()
    last = today(timezone.now())
    pages = ("/registrations", f"/registrations/{live.pk}")
    for until, is_marked in ((last, False), (last - timedelta(days=1), True)):
        Registration.objects.update(protected_until=until)
        assert ["is over" in mine.get(path).text for path in pages] == [is_marked, is_marked]
