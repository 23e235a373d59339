"""The board of projects: columns, sums, cards, filters, and moves through the gates."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from openpsm.core.dates import load_holidays
from openpsm.process.queries import default_definition
from openpsm.projects import operations
from openpsm.projects.models import GateReview, Project
from openpsm.projects.queries import board as boards
from openpsm.projects.queries.board import CARDS, Filter
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.projects import (
    REASON,
    confirm,
    make_manager,
    make_owner,
    make_process,
    make_project,
    make_small_project,
    new_project,
    reloaded,
)

pytestmark = pytest.mark.django_db


def _board(user, chosen=Filter(), **more):  # noqa: B008 - frozen
    found = boards.board_of(user, chosen, at=AT, **more)
    return {column.stage.key: column for column in found.columns}


def _names(column) -> list[str]:
    return [card.values["name"] for card in column.cards]


def test_columns_are_the_stages_with_sums_and_the_largest_cards_first():
    owner = make_owner()
    for name, amount in (("Small", 10), ("Large", 1000)):
        make_project(name, owner=owner, amount=amount, possibility=50)
    make_project("Foreign", owner=owner, amount=7, currency="USD", possibility=100)
    found = _board(owner)
    assert list(found) == [stage.key for stage in default_definition().stages]
    first = found["develop"]
    assert (_names(first), first.sums.count, first.more) == (["Large", "Small", "Foreign"], 3, None)
    assert [(m.currency, m.amount, m.weighted) for m in first.sums.money] == [
        ("CNY", Decimal(1010), Decimal(505)),
        ("USD", Decimal(7), Decimal(7)),
    ]
    assert (found["enter"].cards, found["enter"].sums.count) == ((), 0)


def test_cards_show_key_nodes_days_and_marks():
    project = make_small_project(at=AT - timedelta(days=12))
    confirm(project, "one")
    operations.refresh_facts(project_ids=[project.pk], at=AT)
    key = default_key(project)
    card = _board(project.owner, process=key)["first"].cards[0]
    assert [(dot.title, dot.is_held) for dot in card.dots] == [("one", True), ("two", False)]
    assert (card.days, card.expected_days, card.values["is_stalled"]) == (12, 10, True)


def default_key(project: Project) -> str:
    return project.process_version.process.key


def test_what_rests_or_has_ended_is_not_on_the_board():
    owner = make_owner()
    kept, held, lost = (make_project(name, owner=owner) for name in ("Kept", "Held", "Lost"))
    operations.hold(project_id=held.pk, reason=REASON, by=owner, at=AT)
    operations.lose(project_id=lost.pk, reason="price", destination="Rival works", by=owner, at=AT)
    column = _board(owner)["develop"]
    assert (_names(column), column.sums.count) == ([kept.name], 1)


def test_won_projects_stay_until_the_last_gate():
    project = make_small_project()
    manager, key = make_manager(project), default_key(project)
    operations.win(project_id=project.pk, by=manager, at=AT, override_reason=REASON)
    assert _board(manager, process=key)["fourth"].sums.count == 1
    operations.advance_stage(project_id=project.pk, by=manager, at=AT, override_reason=REASON)
    assert [column.sums.count for column in _board(manager, process=key).values()] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (Filter(q="alp"), ["Alpha"]),
        (Filter(grade="D"), ["Beta"]),
        (Filter(mark="no-next-step"), ["Alpha", "Beta"]),
        (Filter(mark="stalled"), []),
    ],
)
def test_filters_narrow_cards_and_sums_alike(chosen, names):
    owner = make_owner()
    make_project("Alpha", owner=owner, amount=20)
    make_project("Beta", owner=owner, amount=10, possibility=10, order_on=AT.date() + timedelta(days=300))
    column = _board(owner, chosen)["develop"]
    assert (_names(column), column.sums.count) == (names, len(names))


def test_sums_hold_what_the_cards_hold_whoever_looks():
    above = make_department()
    boss = make_user(roles=("sales-manager",), manages=above)
    seller = make_user(department=make_department(parent=above))
    mine = make_project("Mine", owner=seller, amount=1)
    hidden = make_project("Hidden", amount=10)
    joined = make_project("Joined", amount=100)
    adds = make_manager(joined)
    for user in (boss, seller):
        operations.set_team(project_id=joined.pk, user_id=user.pk, role="mentor", by=adds, at=AT)
    everybody = {boss: [joined, mine], seller: [joined, mine], hidden.owner: [hidden], make_owner(): []}
    everybody[make_user(roles=("executive",))] = [joined, hidden, mine]
    for user, projects in everybody.items():
        column = _board(user)["develop"]
        assert (_names(column), column.sums.count) == ([one.name for one in projects], len(projects))
        assert sum(m.amount for m in column.sums.money) == sum(one.amount for one in projects)
    narrowed = _board(boss, Filter(department=above.pk))["develop"]
    assert (_names(narrowed), narrowed.sums.count) == (["Mine"], 1)


def _fill(owner, number: int) -> None:
    account = make_account(owner=owner)
    rows = [new_project(f"Mill {index}", account=account, amount=index) for index in range(number)]
    operations.create_projects(rows=rows, by=owner, at=AT)


def test_a_column_shows_twenty_cards_and_then_more(client):
    owner = make_owner()
    _fill(owner, CARDS + 3)
    column = _board(owner)["develop"]
    assert (len(column.cards), column.sums.count) == (CARDS, CARDS + 3)
    rest, more = boards.more_cards(owner, Filter(), stage="develop", after=column.more, at=AT)
    assert ([card.values["name"] for card in rest], more) == (["Mill 2", "Mill 1", "Mill 0"], None)
    client.force_login(owner)
    answer = client.get(f"/projects/board/develop/more?after={column.more}")
    assert answer.content.count(b'class="psm-card"') == 3


@pytest.mark.parametrize("path", ["/projects/board", "/projects/board?q=mill", "/projects/calendar", "/team"])
@pytest.mark.parametrize("role", ["seller", "sales-manager", "executive"])
def test_pages_take_ten_statements_whatever_there_is(client, path, role):
    home = make_department()
    user = make_user(roles=(role,), department=home, manages=home if role == "sales-manager" else None)
    seller = make_user(department=home) if role != "seller" else user
    make_project(owner=seller)
    client.force_login(user)

    def statements() -> int:
        client.get(path)  # definitions come into memory
        with CaptureQueriesContext(connection) as found:
            assert client.get(path).status_code == 200
        return len(found)

    few = statements()
    _fill(seller, 45)
    assert (statements(), few <= 10) == (few, True)


@pytest.fixture
def small():
    """A project in the first of four stages, its process made the only other one."""
    return make_small_project()


def _move(client, project, **given):
    given = {"version": reloaded(project).version, **given}
    return client.post(f"/projects/{project.pk}/move", given)


def test_a_card_moves_forward_through_the_same_gate(client, small):
    confirm(small, "one", "two")
    client.force_login(small.owner)
    assert _move(client, small, stage="second").status_code == 302
    assert reloaded(small).stage.key == "second"
    assert small.reviews.get().outcome == GateReview.Outcome.PASSED


def test_a_closed_gate_says_what_is_missing_and_where_to_mend_it(client, small):
    client.force_login(small.owner)
    answer = _move(client, small, stage="second")
    page = answer.content.decode()
    assert (answer.status_code, reloaded(small).stage.key) == (409, "first")
    assert (f"/projects/{small.pk}/confirm/one" in page, f"/projects/{small.pk}/confirm/two" in page) == (True, True)
    assert "override_reason" not in page  # the owner never overrides
    assert small.reviews.get().outcome == GateReview.Outcome.BLOCKED


def test_a_manager_overrides_in_the_open(client, small):
    manager = make_manager(small)
    client.force_login(manager)
    assert b"override_reason" in _move(client, small, stage="second").content
    assert _move(client, small, stage="second", override_reason=REASON).status_code == 302
    assert (reloaded(small).stage.key, reloaded(small).debt_count) == ("second", 2)


def test_going_back_needs_a_reason(client, small):
    confirm(small, "one", "two")
    operations.advance_stage(project_id=small.pk, by=small.owner, at=AT)
    client.force_login(small.owner)
    assert _move(client, small, stage="first").status_code == 409
    assert _move(client, small, stage="first", reason=REASON).status_code == 302
    assert reloaded(small).stage.key == "first"


def test_a_stale_card_moves_nothing(client, small):
    confirm(small, "one", "two")
    client.force_login(small.owner)
    assert _move(client, small, stage="second", version=99).status_code == 409
    assert reloaded(small).stage.key == "first"


def test_the_board_gets_its_two_columns_back_with_an_undo(client, small):
    confirm(small, "one", "two")
    client.force_login(small.owner)
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://x/projects/board?process={default_key(small)}"}
    given = {"version": reloaded(small).version, "stage": "second"}
    answer = client.post(f"/projects/{small.pk}/move", given, headers=headers)
    page = answer.content.decode()
    assert (answer.headers["HX-Trigger-After-Settle"], page.count('hx-swap-oob="true"')) == ("board:moved", 2)
    assert ("column-first" in page, "column-second" in page, "column-third" in page) == (True, True, False)
    assert 'name="stage" value="first"' in page  # the undo


def test_a_stranger_moves_nothing(client, small):
    client.force_login(make_owner())
    assert client.post(f"/projects/{small.pk}/move", {"stage": "second", "version": 1}).status_code == 404


def test_the_page_shows_another_process_and_an_empty_board(client):
    owner = make_owner()
    client.force_login(owner)
    process = make_process()
    page = client.get(f"/projects/board?process={process.key}").content.decode()
    assert [stage.title in page for stage in process.stages] == [True] * 4
    assert client.get("/projects/board?q=nothing&owner=x&mark=wrong").status_code == 200


def test_team_adds_up_branches_and_links_every_figure(client):
    above = make_department("North")
    below = make_department("Harbour", parent=above)
    boss = make_user(roles=("sales-manager",), manages=above)
    one, two = make_user(name="Ann", department=below), make_user(name="Bob", department=above)
    on = timezone.localdate()
    make_project("Near", owner=one, amount=100, possibility=50, tender_on=on + timedelta(days=3), at=timezone.now())
    make_project("Far", owner=two, amount=1000, possibility=50, at=timezone.now())
    make_project("Elsewhere", amount=100_000)
    client.force_login(boss)
    answer = client.get("/team")
    team = answer.context["team"]
    assert [(b.name, b.depth, b.figures.sums.count, b.figures.tenders) for b in team.branches] == [
        ("North", 0, 2, 1),
        ("Harbour", 1, 1, 1),
    ]
    assert sorted((p.name, p.figures.sums.unevaluated) for p in team.people) == [("Ann", 1), ("Bob", 1)]
    assert [(a.project.name, a.reasons) for a in team.alarms] == [("Near", ("tender-unevaluated", "tender-no-step"))]
    narrowed = client.get(f"/team?department={below.pk}").context["team"]
    assert (narrowed.whole.sums.count, [p.name for p in narrowed.people]) == (1, ["Ann"])
    for row in answer.context["branches"]:
        for cell in row[1]:
            if "mark=" in cell["url"] and isinstance(cell["lines"][0], int):
                page = client.get(cell["url"]).content.decode()
                assert page.count('class="psm-row"') == cell["lines"][0], cell["url"]
    assert client.get("/team?department=999999").status_code == 404


def test_calendar_shows_dates_visits_and_holidays(client):
    owner = make_owner()
    on = timezone.localdate()
    project = make_project("Near", owner=owner, tender_on=on, order_on=on, at=timezone.now())
    make_project("Hidden", tender_on=on, at=timezone.now())
    client.force_login(owner)
    for view in ("", "week"):
        page = client.get(f"/projects/calendar?view={view}").content.decode()
        assert (page.count(f'href="/projects/{project.pk}"'), "Hidden" in page) == (2, False)
    assert client.get("/projects/calendar?kind=tender").content.count(b"psm-entry") == 1
    load_holidays(first_year=2026, last_year=2026)
    national = client.get("/projects/calendar?on=2026-10-01&view=month").context["weeks"]
    days = {day["on"].isoformat(): day for week in national for day in week}
    assert (days["2026-10-01"]["is_off"], bool(days["2026-10-01"]["holiday"])) == (True, True)
    assert client.get("/projects/calendar?on=nonsense&view=other").status_code == 200
