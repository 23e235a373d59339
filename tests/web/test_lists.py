"""Every list: columns, filters and sorts in the address, what is hidden, pages without a seam."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from openpsm.core import custom
from openpsm.core.models import Event
from openpsm.org import field_rules
from openpsm.org.permissions import Permission
from openpsm.projects import operations
from openpsm.web.lists.registry import PLACES, listing_of
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_manager, make_owner, make_project, new_project

pytestmark = pytest.mark.django_db
TODAY = date(2026, 9, 16)


def names(answer):
    return [row["name"] for row in answer.context["rows"]]


@pytest.fixture
def owner(client):
    made = make_owner()
    client.force_login(made)
    return made


@pytest.fixture
def boss(client):
    made = make_user(roles=("executive", "administrator"), department=make_department())
    client.force_login(made)
    return made


@pytest.mark.parametrize("key", PLACES)
def test_every_list_opens_with_all_its_columns_and_no_unknown_ones(client, boss, key):
    listing = listing_of(key, boss)
    every = ",".join(column.key for column in listing.columns)
    answer = client.get(f"{listing.url}?columns={every}")
    assert [heading.key for heading in answer.context["headings"] or []] == every.split(",")
    refused = [
        client.get(f"{listing.url}?{asked}").status_code for asked in ("columns=nonsense", "nonsense=1", "sort=x")
    ]
    assert refused == [400, 400, 400]


@pytest.mark.parametrize("key", PLACES)
def test_every_sort_and_every_filter_of_every_list_can_be_asked_for(client, boss, key):
    make_project(owner=boss)
    listing = listing_of(key, boss)
    for sort in listing.sorts:
        answers = [client.get(f"{listing.url}?sort={sign}{sort}") for sign in ("", "-")]
        assert [answer.status_code for answer in answers] == [200, 200], sort
    for one in listing.filters:
        page = client.get(reverse("web:list-filter", args=[key, one.name]))
        assert page.status_code == 200, one.name
    for group in listing.groups:
        assert client.get(f"{listing.url}?group={group.key}").status_code == 200, group.key


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("tender_on=this-month", ["Autumn"]),
        ("tender_on=本月", ["Autumn"]),
        ("tender_on=下月", ["December"]),
        ("tender_on=2026-10", ["December"]),
        ("tender_on=9.1~10.31", ["Autumn", "December"]),
        ("tender_on=none", ["Undated"]),
        ("amount=≥240万", ["December"]),
        ("amount=100万~200万", ["Autumn"]),
        ("amount=<50万", ["Undated"]),
        ("q=dec", ["December"]),
        ("grade=X", ["Autumn", "December", "Undated"]),
        ("tender_on=whenever", ["Autumn", "December", "Undated"]),
    ],
)
def test_filters_understand_words_ranges_and_amounts(client, owner, asked, shown, time_machine):
    time_machine.move_to(AT)
    account = make_account(owner=owner)
    rows = [
        new_project("Autumn", account=account, amount=1_200_000, tender_on=date(2026, 9, 25)),
        new_project("December", account=account, amount=120_000_000, tender_on=date(2026, 10, 3)),
        new_project("Undated", account=account, amount=100_000),
    ]
    operations.create_projects(rows=rows, by=owner, at=AT)
    answer = client.get(f"/projects?sort=name&{asked}")
    assert names(answer) == shown
    is_senseless = asked.endswith(("X", "whenever"))
    assert (bool(answer.context["problems"]), len(answer.context["chips"])) == (is_senseless, int(not is_senseless))


def test_several_choices_are_one_chip_and_each_chip_takes_its_filter_away(client, owner):
    make_project("One", owner=owner)
    answer = client.get("/projects?outcome=open&outcome=won&mine=on")
    assert [chip.label for chip in answer.context["chips"]] == ["Mine", "Outcome: open, won"]
    assert answer.context["chips"][1].url == "?mine=on"


def test_a_nullable_sort_pages_without_a_seam(client, owner):
    account = make_account(owner=owner)
    days = [TODAY + timedelta(days=number % 7) if number % 3 else None for number in range(120)]
    rows = [new_project(f"P{number}", account=account, tender_on=day) for number, day in enumerate(days)]
    operations.create_projects(rows=rows, by=owner, at=AT)
    for sort in ("tender", "-tender"):
        answer = client.get(f"/projects?sort={sort}")
        seen = [row["tender_on"] for row in answer.context["rows"]]
        while answer.context["next"]:
            answer = client.get("/projects" + answer.context["next"], headers={"HX-Request": "true"})
            seen += [row["tender_on"] for row in answer.context["rows"]]
        dated = sorted((day for day in days if day), reverse=sort.startswith("-"))
        assert seen == dated + [None] * 40


def test_columns_are_chosen_ordered_kept_and_found_in_the_address(client, owner):
    make_project("Line", owner=owner)
    sent = {"column": ["owner", "amount", "tender_on"], "place.owner": "2", "place.amount": "9", "place.tender_on": "3"}
    answer = client.post("/lists/projects/columns", {**sent, "query": "mine=on"})
    assert answer["Location"] == "/projects?mine=on&columns=name%2Cowner%2Ctender_on%2Camount"
    kept = client.get("/projects")
    assert [heading.key for heading in kept.context["headings"]] == ["name", "owner", "tender_on", "amount"]
    assert Event.objects.filter(name="user.profile_changed", data__listing="projects").count() == 1
    client.post("/lists/projects/columns", {"usual": "1"})
    assert [heading.key for heading in client.get("/projects").context["headings"]][1] == "stage"


def test_custom_fields_are_columns_and_filters(client, owner):
    fields: dict[str, Any] = {"by": None, "at": AT, "model": "projects.Project"}
    custom.define_field(key="color", label_en="Colour", label_zh="颜色", kind="text", **fields)
    custom.define_field(key="size", label_en="Size", label_zh="规模", kind="money", **fields)
    choices = {"choices": [{"key": "a", "label": "Alpha"}, {"key": "b", "label": "Beta"}]}
    custom.define_field(key="tags", label_en="Tags", label_zh="标签", kind="multi_choice", options=choices, **fields)
    custom.define_field(key="seen", label_en="Seen", label_zh="看过", kind="date", **fields)
    custom.define_field(key="loud", label_en="Loud", label_zh="吵", kind="boolean", **fields)
    values = [
        {"color": "deep red", "size": "500000", "tags": ["a"], "seen": "2026-11-20", "loud": True},
        {"color": "blue", "size": "30000", "tags": ["a", "b"]},
    ]
    for number, each in enumerate(values):
        make_project(f"P{number}", owner=owner, custom=each)
    page = client.get("/projects?columns=name,custom.color,custom.size,custom.tags&sort=name")
    assert [heading.label for heading in page.context["headings"]] == ["Project", "Colour", "Size", "Tags"]
    assert "deep red" in page.text
    for asked, shown in (
        ("custom.color=RED", ["P0"]),
        ("custom.size=≥10万", ["P0"]),
        ("custom.tags=b", ["P1"]),
        ("custom.tags=a", ["P0", "P1"]),
        ("custom.seen=2026-11", ["P0"]),
        ("custom.seen=none", ["P1"]),
        ("custom.loud=yes", ["P0"]),
        ("custom.loud=no", []),
    ):
        assert names(client.get(f"/projects?sort=name&{asked}")) == shown, asked
    assert client.get("/projects?custom.nothing=1").status_code == 400


def test_a_hidden_field_is_asked_for_in_vain_everywhere(client, owner, monkeypatch):
    """FL2: as filter, sort, column, group and export it is answered as one that does not exist."""
    make_project("Line", owner=owner, amount=777_000)
    rules = field_rules._rules["projects.project"]
    hidden = field_rules.FieldRule(
        "projects.project", "amount", field_rules.FieldClass.CONFIDENTIAL, Permission.USER_ADMIN
    )
    monkeypatch.setitem(rules, "amount", hidden)
    monkeypatch.setitem(
        rules, "owner", field_rules.FieldRule(*("projects.project", "owner"), hidden.cls, hidden.permission)
    )
    page = client.get("/projects?sort=name")
    assert [heading.key for heading in page.context["headings"]] == [
        "name",
        "stage",
        "grade",
        "probability",
        "tender_on",
        "next",
    ]
    assert "777" not in page.text
    for asked in ("amount=>1", "sort=amount", "columns=name,amount", "columns=name,weighted", "group=owner"):
        answer = client.get(f"/projects?{asked}")
        unknown = client.get(
            "/projects?" + asked.replace("amount", "nothing").replace("owner", "nothing").replace("weighted", "nothing")
        )
        assert (answer.status_code, unknown.status_code) == (400, 400), asked
    assert client.get("/lists/projects/filters/amount").status_code == 404
    assert "Amount" not in client.get("/lists/projects/columns").text


def test_the_way_of_a_contact_opens_row_by_row(client):
    from tests.factories.accounts import make_contact

    manager = make_user(roles=("sales-manager",), manages=make_department())
    seller = make_user(department=manager.department)
    account = make_account(owner=seller)
    make_contact(account=account, name="Somebody", mobile="13912345678", by=seller)
    answers = {}
    for who in (manager, seller):
        client.force_login(who)
        answers[who] = "13912345678" in client.get("/contacts?columns=name,mobile").text
        assert client.get("/contacts?mobile=139").status_code == 400
    assert answers == {manager: False, seller: True}


@pytest.mark.parametrize("asked", ["", "?columns=name,region,step,weighted,days,account,department,note&sort=-created"])
def test_statements_do_not_grow_with_rows(client, owner, asked):
    account = make_account(owner=owner)
    counts = []
    for more in (1, 48):
        rows = [new_project(f"P{more}-{number}", account=account, region="640000") for number in range(more)]
        operations.create_projects(rows=rows, by=owner, at=AT)
        client.get(f"/projects{asked}")
        with CaptureQueriesContext(connection) as found:
            client.get(f"/projects{asked}")
            counts.append(len(found))
    assert (counts[0] == counts[1], counts[0] <= 7) == (True, True), counts


def test_a_page_of_fifty_rows_is_small(client, owner):
    account = make_account(owner=owner, name="宁夏某某能源化工集团有限公司")
    rows = [new_project(f"宁夏某电厂二期工业油液年度采购{number}", account=account) for number in range(60)]
    operations.create_projects(rows=rows, by=owner, at=AT)
    answer = client.get("/projects")
    assert (answer.content.count(b'class="psm-row"'), len(answer.content) <= 30 * 1024) == (50, True), len(
        answer.content
    )


def make_dollar_project(owner, account):
    project = make_project("Dollars", owner=owner, account=account, amount=500_000)
    operations.update_project(project_id=project.pk, changes={"amount_currency": "USD"}, by=owner, at=AT)


def test_groups_count_and_sum_each_currency_by_itself_in_a_fixed_number_of_statements(client, owner):
    account = make_account(owner=owner)
    other = make_account(owner=owner)
    for number in range(3):
        make_project(f"Yuan {number}", owner=owner, account=account, amount=1_000_000)
    make_dollar_project(owner, other)
    page = client.get("/projects?group=account")
    shown = {one.label: (one.count, one.sums) for one in page.context["subtotals"]}
    assert shown == {account.name: (3, ["¥3,000,000.00"]), other.name: (1, ["USD 500,000.00"])}
    assert (page.context["count"], page.context["sums"]) == (4, ["¥3,000,000.00", "USD 500,000.00"])
    first = next(one for one in page.context["subtotals"] if one.label == other.name)
    opened = client.get(f"/projects{first.url}", headers={"HX-Request": "true", "HX-Target": f"group-{first.number}"})
    assert (names(opened), "<html" in opened.text) == (["Dollars"], False)
    with CaptureQueriesContext(connection) as found:
        client.get("/projects?group=account")
        assert len(found) <= 8


def test_groups_of_kept_sums_say_what_adding_the_rows_up_says(client):
    """For whoever sees a part, a department or all, and with every filter that the sums know."""
    north, south = (make_department(name) for name in ("North", "South"))
    ann, bob = make_owner(department=north), make_owner(department=south)
    mine = [make_project(f"Press {number}", owner=ann, amount=1_000_000 * number) for number in (1, 2)]
    theirs = make_project("Mill", owner=bob, amount=500_000)
    make_dollar_project(bob, make_account(owner=bob))
    operations.set_team(project_id=theirs.pk, user_id=ann.pk, role="mentor", by=make_manager(theirs), at=AT)
    operations.delete_project(project_id=mine[0].pk, by=make_manager(mine[0]), at=AT)
    readers = (ann, bob, make_manager(theirs), make_user(roles=("executive",), department=north))
    asked = [f"group={key}{more}" for key in ("owner", "department", "stage") for more in ("", f"&owner={bob.pk}")]
    asked += [f"group=owner&stage={theirs.stage_id}", f"group=stage&department={south.pk}"]
    for reader in readers:
        client.force_login(reader)
        for one in asked:
            kept = client.get(f"/projects?{one}").context
            added = client.get(f"/projects?{one}&amount=%3E0").context  # a filter that no kept sum knows
            assert (figures(kept), kept["count"]) == (figures(added), added["count"]), (reader, one)
    assert figures(client.get("/projects?group=owner").context) == {
        ann.name: (1, ["¥2,000,000.00"]),
        bob.name: (2, ["¥500,000.00", "USD 500,000.00"]),
    }


def figures(context):
    return {one.label: (one.count, one.sums) for one in context["subtotals"]}


def test_the_api_has_the_same_sorts_and_ranges(client, owner):
    from openpsm.org.operations import make_token

    account = make_account(owner=owner)
    days = {"Early": date(2026, 9, 20), "Late": date(2026, 10, 3), "Undated": None}
    rows = [new_project(name, account=account, tender_on=day, order_on=day) for name, day in days.items()]
    operations.create_projects(rows=rows, by=owner, at=AT)
    _row, token = make_token(name="lists", by=owner, at=AT)
    shown = {}
    for asked in ("sort=tender_on", "sort=-tender_on", "order_from=2026-10-01", "sort=tender_on&limit=2"):
        answer = client.get(f"/api/v1/projects?{asked}", headers={"Authorization": f"Bearer {token}"}).json()
        shown[asked] = [item["name"] for item in answer["items"]]
    assert list(shown.values()) == [
        ["Early", "Late", "Undated"],
        ["Late", "Early", "Undated"],
        ["Late"],
        ["Early", "Late"],
    ]
    after = client.get(
        f"/api/v1/projects?{asked}&cursor={answer['next']}", headers={"Authorization": f"Bearer {token}"}
    )
    assert [item["name"] for item in after.json()["items"]] == ["Undated"]
