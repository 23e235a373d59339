"""The search over everything, from the palette and on its page; records opened last."""

import pytest
from django.utils import timezone

from openpsm.catalog.operations import NewProduct, create_products
from openpsm.core import grams
from openpsm.insights import finding
from openpsm.org.models import Recent
from openpsm.projects.models import Project
from tests.factories.accounts import make_account, make_contact
from tests.factories.activities import log_activity
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_owner, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def owner():
    return make_owner(name="张磊")


def found(client, text):
    """Titles by section."""
    sections = client.get("/search", {"q": text}).context["sections"]
    return {section.title: [line.title for line in section.lines] for section in sections}


@pytest.mark.parametrize("text", ["石化", "zgsh", "ZGSH", "zhongguoshihua"])
def test_search_finds_by_chinese_pinyin_and_initials(client, owner, now, text):
    account = make_account("中国石化", owner=owner)
    make_project("中国石化二期", account=account, owner=owner, at=now)
    client.force_login(owner)
    titles = found(client, text)
    assert (titles["Projects"], titles["Accounts"]) == (["中国石化二期"], ["中国石化"])


def test_search_finds_people_products_activities_codes_commands_and_the_guide(client, owner, now):
    project = make_project("Boiler", account=make_account("中国石化", owner=owner), owner=owner, at=now)
    Project.objects.filter(pk=project.pk).update(tender_number="ZB-2026-077")
    make_contact("王建国", account=project.account, by=owner)
    log_activity(project, result="The turbine leaks oil", at=now)
    market = make_user(roles=["market"])
    create_products(rows=[NewProduct(code="HL46", name="Hydraulic oil", unit="t")], by=market, at=now)
    make_user(name="李晓明", department=make_department())
    client.force_login(owner)
    for text, section, title in (
        *(("王建", "Contacts", "王建国"), ("wjg", "Contacts", "王建国"), ("wangjian", "Contacts", "王建国")),
        *(("lxm", "Colleagues", "李晓明"), ("晓明", "Colleagues", "李晓明"), ("hl46", "Products", "Hydraulic oil")),
        *(("ZB-2026-077", "Projects", "Boiler"), ("log a vi", "Commands", "Log a visit or call")),
    ):
        assert title in found(client, text).get(section, []), text
    assert [title.split(" · ")[0] for title in found(client, "turbine")["My activities"]] == ["Visit"]
    assert found(client, "gate")["Guide"] != []


def test_search_puts_the_whole_name_before_its_beginning_before_a_part(client, owner, now):
    for name in ("Old Tiger works", "Tiger", "Tiger hill"):
        make_account(name, owner=owner)
    client.force_login(owner)
    assert found(client, "tiger")["Accounts"] == ["Tiger", "Tiger hill", "Old Tiger works"]


def test_search_shows_nothing_that_is_not_open_to_the_person(client, owner, now):
    account = make_account("中国石化", owner=owner)
    project = make_project("中国石化二期", account=account, owner=owner, at=now)
    make_contact("石化生", account=account, by=owner)
    log_activity(project, result="石化 said yes", at=now)
    client.force_login(make_owner())
    assert found(client, "石化").keys() <= {"Guide"}
    assert found(client, "shihuasheng") == {}
    assert "Nothing found" in client.get("/search?q=石化生").text


def test_search_offers_only_commands_that_one_may_give(client):
    client.force_login(make_user(roles=["administrator"]))
    assert "Commands" not in found(client, "log a visit")
    client.force_login(make_owner())
    assert "Departments" not in found(client, "departments").get("Commands", [])


def test_search_shows_what_was_typed_as_text(client, owner):
    client.force_login(owner)
    assert "<b>x" not in client.get("/search", {"q": "<b>x"}).text
    assert client.get("/search", {"q": "\x00a%_'"}).status_code == 200


def test_search_from_the_palette_answers_with_the_results_alone(htmx_client, owner, now):
    for number in range(9):
        make_account(f"Boiler works {chr(0x7532 + number)}", owner=owner)
    htmx_client.force_login(owner)
    answer = htmx_client.get("/search?q=boiler")
    assert ("<html" in answer.text, answer.text.count("psm-hit-line")) == (False, 5)
    assert 'href="/accounts?q=boiler"' in answer.text


@pytest.mark.parametrize("rows", [1, 8])
def test_search_query_count(client, owner, now, rows, django_assert_num_queries):
    for number in range(rows):
        account = make_account(f"Boiler works {chr(0x7532 + number)}", owner=owner)
        log_activity(make_project(f"Boiler {number}", account=account, owner=owner, at=now), result="Boiler", at=now)
        make_contact("Boiler man", account=account, by=owner)
    client.force_login(owner)
    client.get("/search?q=boiler")
    with django_assert_num_queries(12):
        client.get("/search?q=boiler")


# --- opened last


def test_records_opened_last_stand_in_the_palette_before_anything_is_typed(client, owner, now):
    first, second = (make_project(name, owner=owner, at=now) for name in ("First", "Second"))
    client.force_login(owner)
    for project in (first, second, first):
        assert client.post(f"/opened/project/{project.pk}").status_code == 204
    assert found(client, "")["Opened lately"] == ["First", "Second"]
    assert Recent.objects.count() == 2


def test_records_opened_last_vanish_when_they_are_no_longer_seen(client, owner, now):
    project = make_project("First", owner=owner, at=now)
    stranger = make_owner()
    Recent.objects.create(user=stranger, subject_type="projects.project", subject_id=project.pk, at=now)
    client.force_login(stranger)
    assert "Opened lately" not in found(client, "")
    assert client.post(f"/opened/project/{project.pk}").status_code == 404


def test_only_the_latest_forty_records_are_remembered(owner, now):
    from openpsm.org.operations import remember_opened

    for number in range(45):
        remember_opened(subject_type="projects.project", subject_id=number, by=owner, at=now)
    assert sorted(Recent.objects.values_list("subject_id", flat=True)) == list(range(5, 45))


# --- a colleague, a contact from nowhere


def test_page_of_a_colleague_shows_the_projects_that_both_see(client, owner, now):
    make_project("Hidden", owner=owner, at=now)
    client.force_login(make_owner())
    page = client.get(f"/people/{owner.pk}")
    assert ("张磊" in page.text, "Hidden" in page.text) == (True, False)
    client.force_login(owner)
    assert "Hidden" in client.get(f"/people/{owner.pk}").text


def test_contact_is_added_from_anywhere_by_choosing_the_customer(client, owner):
    account = make_account("Tiger", owner=owner)
    client.force_login(owner)
    assert "Tiger" in client.get("/contacts/new").text
    assert client.get(f"/contacts/new?account={account.pk}").url == f"/accounts/{account.pk}/contacts/new"
    client.force_login(make_owner())
    assert "You work on no customer yet" in client.get("/contacts/new").text
    assert client.get(f"/contacts/new?account={account.pk}").status_code == 404


def test_few_and_many_matches_come_in_the_same_order(monkeypatch, owner, now):
    account = make_account("泵厂", owner=owner)
    names = ["海水泵", "泵乙", "安装泵", "泵甲", "白泵", "中央泵", "泵"]
    for name in names:
        make_project(f"{name}房改造", account=account, owner=owner, at=now)

    def hits():
        (group,) = [one for one in finding.find("泵房", user=owner, most=2) if one.kind == "project"]
        return [hit.record.name for hit in group.hits], group.has_more

    few = hits()
    monkeypatch.setattr(grams, "FEW", 3)
    assert few == hits() == (["泵房改造", "中央泵房改造"], True)
