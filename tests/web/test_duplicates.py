"""The workbench of duplicates: who sees what, how many queries, and what the buttons do."""

import pytest
from django.urls import reverse

from openpsm.accounts.models import Account
from openpsm.core.models import Job
from openpsm.duplicates.models import DuplicatePair
from openpsm.duplicates.operations import search_accounts
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project
from tests.factories.registrations import make_seller

pytestmark = pytest.mark.django_db
NAME, ALIKE = "宁波蓝海机械有限公司", "宁波市蓝海机械股份有限公司"


@pytest.fixture
def department():
    return make_department()


@pytest.fixture
def seller(department):
    return make_seller(department=department)


@pytest.fixture
def manager(department):
    return make_user(roles=("sales-manager",), manages=department)


@pytest.fixture
def pair(seller):
    kept = make_account(NAME, owner=seller, note="Pays well")
    gone = make_account(ALIKE, owner=seller, note="Pays late")
    make_contact(account=gone, by=seller)
    make_project(account=gone, owner=seller)
    search_accounts(by=None, at=AT)
    found = DuplicatePair.objects.get()
    assert (found.one, found.other) == (kept, gone)
    return found


def url(name, pair, query=""):
    return reverse(f"web:{name}", args=[pair.pk]) + query


def test_the_list_is_for_those_who_merge_and_shows_what_they_see(client, pair, seller, manager):
    client.force_login(seller)
    assert client.get("/duplicates").status_code == 403
    client.force_login(make_user(roles=("sales-manager",), manages=make_department()))
    assert NAME not in client.get("/duplicates").text
    client.force_login(manager)
    page = client.get("/duplicates?open=on&score=90").text
    assert (NAME in page, ALIKE in page) == (True, True)
    for query in ("cls=possible", f"account={make_account(owner=seller).pk}", f"owner={manager.pk}", "region=330000"):
        assert NAME not in client.get(f"/duplicates?{query}").text, query
    assert NAME in client.get(f"/duplicates?account={pair.other_id}&owner={seller.pk}&cls=same").text


@pytest.mark.parametrize("pairs", [1, 6])
def test_list_query_count(client, seller, pairs, django_assert_max_num_queries):
    for number in range(pairs):
        one, other = make_account(owner=seller), make_account(owner=seller)
        DuplicatePair.objects.create(one=one, other=other, cls="possible", score=90 - number, names_key="x")
    client.force_login(make_user(roles=("executive",)))
    with django_assert_max_num_queries(9):
        client.get("/duplicates")


def test_the_compare_page_is_closed_to_others(client, pair, seller):
    for user, status in ((seller, 403), (make_user(roles=("sales-manager",), manages=make_department()), 404)):
        client.force_login(user)
        assert client.get(url("duplicate-detail", pair)).status_code == status


@pytest.mark.parametrize("people", [1, 6])
def test_the_compare_page_shows_both_sides_in_a_fixed_number_of_queries(
    client, pair, seller, manager, people, django_assert_max_num_queries
):
    for _number in range(people):
        make_contact(account=pair.other, by=seller)
    client.force_login(manager)
    with django_assert_max_num_queries(70):
        page = client.get(url("duplicate-detail", pair)).text
    assert ("Pays well" in page, "Pays late" in page, page.count("is-different")) == (True, True, 2)


def test_a_pair_is_put_aside_and_the_next_one_comes(client, pair, manager, seller):
    other = DuplicatePair.objects.create(
        one=make_account(owner=seller), other=make_account(owner=seller), cls="possible", score=70, names_key="x"
    )
    client.force_login(manager)
    call = {"remark": "", "version": pair.version}
    refused = client.post(url("duplicate-apart", pair, "?list=duplicates?open=on"), call)
    assert (refused.status_code, DuplicatePair.objects.get(pk=pair.pk).state) == (302, "open")
    call["remark"] = "Two plants in two towns"
    answer = client.post(url("duplicate-apart", pair, "?list=duplicates?open=on"), call)
    assert answer.url.startswith(url("duplicate-detail", other))
    assert DuplicatePair.objects.get(pk=pair.pk).state == "different"
    assert client.post(url("duplicate-link", pair), {"parent": "one"}, follow=True).status_code == 200
    assert Account.objects.get(pk=pair.other_id).parent is None


def test_a_merge_is_seen_before_it_is_done_and_taken_back(client, pair, manager):
    client.force_login(manager)
    page = client.get(url("duplicate-merge", pair, "?keep=one"))
    assert ("Pays late" in page.text, [number for _label, number in page.context["moves"]]) == (True, [1, 1, 1, 1])
    call = {"keep": "one", "side_note": "gone", "name_kind": "former"}
    call |= {"kept_version": pair.one.version, "gone_version": pair.other.version}
    stale = client.post(url("duplicate-merge", pair), call | {"kept_version": 9})
    assert (stale.status_code, Account.objects.live().filter(pk=pair.other_id).exists()) == (422, True)
    assert client.post(url("duplicate-merge", pair), call).status_code == 302
    kept = Account.objects.get(pk=pair.one_id)
    assert (kept.note, kept.names.get().kind, kept.contacts.count()) == ("Pays late", "former", 1)
    assert client.get(url("duplicate-merge", pair)).status_code == 404
    assert ALIKE in client.get(url("duplicate-detail", pair)).text
    for name in ("account-detail", "account-history", "account-files", "account-comments", "account-activities"):
        old = client.get(reverse(f"web:{name}", args=[pair.other_id]))
        assert (old.status_code, old.url) == (302, reverse(f"web:{name}", args=[kept.pk]))
    assert client.post(url("duplicate-undo", pair)).status_code == 302
    assert Account.objects.get(pk=kept.pk).note == "Pays well"
    assert client.get(reverse("web:account-detail", args=[pair.other_id])).status_code == 200
    assert client.post(url("duplicate-undo", pair)).status_code == 404


def test_the_old_address_leads_nowhere_for_who_does_not_see_the_kept_one(client, pair, manager):
    client.force_login(manager)
    client.post(url("duplicate-merge", pair), {"keep": "one"})
    client.force_login(make_seller())
    assert client.get(reverse("web:account-detail", args=[pair.other_id])).status_code == 404


def test_two_legal_persons_are_shown_and_not_merged(client, pair, manager):
    Account.objects.filter(pk=pair.one_id).update(uscc="91110000100006188U")
    Account.objects.filter(pk=pair.other_id).update(uscc="91440300708461136T")
    client.force_login(manager)
    assert "duplicate-merge" not in client.get(url("duplicate-detail", pair)).text
    assert client.post(url("duplicate-merge", pair), {"keep": "one"}).status_code == 422
    assert Account.objects.live().filter(pk=pair.other_id).exists()


def test_the_search_is_a_job_and_only_one_at_a_time(client, htmx_client, manager):
    client.force_login(manager)
    for _again in range(2):
        client.post(reverse("web:duplicate-search"))
    assert Job.objects.filter(task__endswith="search_base").count() == 1
    htmx_client.force_login(manager)
    assert "<html" not in htmx_client.get(reverse("web:duplicate-search")).text


def test_one_account_is_compared_at_once(client, pair, manager, seller):
    DuplicatePair.objects.all().delete()
    client.force_login(manager)
    assert client.get(reverse("web:account-alike", args=[pair.one_id])).status_code == 200
    answer = client.post(reverse("web:account-alike", args=[pair.one_id]))
    assert (answer.url, DuplicatePair.objects.count()) == (f"/duplicates?account={pair.one_id}", 1)
    client.force_login(seller)
    assert client.post(reverse("web:account-alike", args=[pair.one_id])).status_code == 403
