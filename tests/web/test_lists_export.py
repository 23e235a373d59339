"""Exports: exactly what is shown, safe in a spreadsheet, for those with the right alone, on record."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import openpyxl  # type: ignore[import-untyped]  # has no types
import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from openpsm.core.formulas import guarded, is_risky, unguarded
from openpsm.core.jobs import outcomes
from openpsm.core.models import Event, Job
from openpsm.projects import operations
from openpsm.web.lists import jobs
from openpsm.web.views.lists import exporting
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project, new_project

pytestmark = pytest.mark.django_db
RISKY = [
    "=1+1",
    "+86 10",
    "-1+2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    " =1",
    "\ufeff=1",
    '"=1',
    "'=1",
]


@pytest.fixture
def manager(client):
    made = make_user(roles=("sales-manager",), manages=make_department())
    client.force_login(made)
    return made


@pytest.fixture
def data_dir(monkeypatch, tmp_path):
    monkeypatch.setattr(jobs, "folder", lambda: tmp_path)
    return tmp_path


def body(answer):
    """Read the file to its end and close it, without closing the connection of the test with it."""
    content = b"".join(answer.streaming_content)
    request_finished.disconnect(close_old_connections)
    answer.close()
    request_finished.connect(close_old_connections)
    return content


def sheet(answer):
    book = openpyxl.load_workbook(io.BytesIO(body(answer)))
    return [[cell.value for cell in row] for row in book.active.iter_rows()], book.active


@pytest.mark.parametrize("text", RISKY)
def test_text_that_begins_like_a_formula_is_guarded(text):
    assert (is_risky(text), guarded(text)[0]) == (True, "'")
    assert unguarded(guarded(text)) == text


@given(st.text(alphabet=st.characters(exclude_characters="\0"), max_size=30) | st.sampled_from(RISKY))
def test_guarding_is_taken_back_without_loss(text):
    assert unguarded(guarded(text)) == text


@pytest.mark.usefixtures("data_dir")
def test_csv_round_trip_keeps_every_text_and_leaves_numbers_numbers(client, manager):
    for number, text in enumerate(RISKY):
        make_project(f"P{number:02}", owner=manager, site=text.strip() or "x", amount=number * 1000)
    sent = {"query": "sort=name&columns=name,site,amount", "format": "csv"}
    answer = client.post("/lists/projects/export", sent)
    rows = list(csv.reader(io.StringIO(body(answer).decode("utf-8-sig"))))
    assert rows[0] == ["Project", "Site", "Amount", "Amount: currency"]
    assert [unguarded(row[1]) for row in rows[1:]] == [text.strip() for text in RISKY]
    assert [row[2] for row in rows[1:]] == [f"{number * 1000}.00" for number in range(len(RISKY))]
    assert all(not is_risky(row[1]) or row[1].startswith("'") for row in rows[1:])
    assert (answer["Content-Disposition"].startswith("attachment"), answer["Cache-Control"]) == (
        True,
        "private, no-store",
    )


@pytest.mark.usefixtures("data_dir")
def test_xlsx_holds_exactly_what_is_shown_by_kind_and_no_formula(client, manager):
    make_project("=HYPERLINK(1)", owner=manager, amount=Decimal("1200000.50"), tender_on=AT.date())
    make_project("Small", owner=manager, amount=5)
    make_project("Elsewhere", amount=9_000_000)
    query = "amount=>100&columns=name,amount,tender_on,probability"
    values, page = sheet(client.post("/lists/projects/export", {"query": query, "format": "xlsx"}))
    assert values[0] == ["Project", "Amount", "Amount: currency", "Tender", "Win probability"]
    assert [row[0] for row in values[1:]] == ["=HYPERLINK(1)"]
    assert (values[1][1], values[1][3].date(), values[1][4]) == (1200000.5, AT.date(), 40)
    assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n", "d"}
    event = Event.objects.get(name="list.exported")
    assert (event.data["number"], event.data["listing"], event.by_id) == (1, "projects", manager.pk)
    assert event.data["columns"] == ["name", "amount", "tender_on", "probability"]


def test_export_takes_its_right(client):
    seller = make_user(department=make_department())
    client.force_login(seller)
    assert client.post("/lists/projects/export", {"format": "csv"}).status_code == 403
    assert Event.objects.filter(name="list.exported").count() == 0


@pytest.mark.usefixtures("data_dir")
def test_a_long_list_is_the_workers_and_its_file_the_requesters_alone(client, manager, monkeypatch):
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    account = make_account(owner=manager)
    rows = [new_project(f"P{number}", account=account) for number in range(3)]
    operations.create_projects(rows=rows, by=manager, at=AT)
    place = client.post("/lists/projects/export", {"query": "sort=name&columns=name", "format": "csv"})["Location"]
    job = Job.objects.get()
    assert (place, "being made" in client.get(place).text) == (f"/exports/{job.pk}", True)
    assert client.get(f"{place}/file").status_code == 404
    assert outcomes.run(str(job.pk), worker="w") is True
    assert "3 rows are in the file" in client.get(place).text
    lines = body(client.get(f"{place}/file")).decode("utf-8-sig").splitlines()
    assert lines == ["Project", "P0", "P1", "P2"]
    client.force_login(make_user(roles=("executive",)))
    assert [client.get(path).status_code for path in (place, f"{place}/file")] == [404, 404]
    client.force_login(manager)
    Job.objects.update(finished_at=timezone.now() - timedelta(hours=25))
    assert (client.get(f"{place}/file").status_code, "has expired" in client.get(place).text) == (404, True)


def test_expired_files_are_cleared_away(data_dir):
    import os

    old, new = data_dir / "old.csv", data_dir / "new.csv"
    old.write_text("x")
    new.write_text("x")
    os.utime(old, (0, 0))
    assert (jobs.purge_exports.call(), [path.name for path in data_dir.iterdir()]) == (1, ["new.csv"])


@pytest.mark.usefixtures("data_dir")
def test_export_reads_in_slices_and_in_a_fixed_number_of_statements_each(
    client, manager, monkeypatch, django_assert_num_queries
):
    from openpsm.web.lists import exporting as files
    from openpsm.web.lists import state
    from openpsm.web.lists.registry import listing_of

    monkeypatch.setattr(files, "SLICE", 10)
    account = make_account(owner=manager)
    rows = [new_project(f"P{number}", account=account) for number in range(25)]
    operations.create_projects(rows=rows, by=manager, at=AT)
    chosen = state.read_query(listing_of("projects", manager), manager, "sort=name")
    list(files.slices(chosen))
    with django_assert_num_queries(3):
        assert [len(part) for part in files.slices(chosen)] == [10, 10, 5]
