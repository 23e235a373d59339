"""Importing and exporting on the screen, with a worker behind it."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]  # it has no types

from openpsm.accounts.models import Account
from openpsm.core.jobs import worker
from openpsm.exchange.models import ImportBatch
from tests.factories.org import make_department, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    user = make_user(username="boss", roles=["executive"], department=make_department())
    client.force_login(user)
    return user


def csv_file(*lines, name="customers.csv"):
    return SimpleUploadedFile(name, "\n".join(lines).encode(), content_type="text/csv")


def bring(client, file, kind="accounts", **said):
    """Upload, accept the proposed columns, let the worker check; return the batch."""
    answer = client.post("/settings/imports/new", {"kind": kind, "file": file})
    assert answer.status_code == 302, answer.text
    batch = ImportBatch.objects.latest("pk")
    chosen = {f"column_{index}": key for index, key in batch.mapping["columns"].items()}
    answer = client.post(f"/settings/imports/{batch.pk}/map", chosen | said)
    assert answer["Location"] == f"/settings/imports/{batch.pk}"
    worker.run_due()
    batch.refresh_from_db()
    return batch


def test_file_goes_in_and_comes_back_out(client, boss):
    batch = bring(client, csv_file("客户名称,地址", "杭州远大机械有限公司,西湖区", "苏州恒力泵业有限公司,"))
    assert (batch.state, batch.total, batch.bad, Account.objects.count()) == ("checked", 2, 0, 0)
    client.post(f"/settings/imports/{batch.pk}/publish")
    worker.run_due()
    assert sorted(Account.objects.values_list("name", "is_unassigned")) == [
        ("杭州远大机械有限公司", True),
        ("苏州恒力泵业有限公司", True),
    ]
    assert not Account.objects.exclude(created_by=None).exists()
    assert "Take this import back" in client.get(f"/settings/imports/{batch.pk}").text
    client.post(f"/settings/imports/{batch.pk}/undo")
    worker.run_due()
    batch.refresh_from_db()
    assert (batch.state, batch.undone, Account.objects.live().count()) == ("undone", 2, 0)


def test_faults_are_named_and_handed_out_marked(client, boss):
    batch = bring(
        client, csv_file("客户名称,负责人", "杭州远大机械有限公司,谁也不是", ",boss", "苏州恒力泵业有限公司,boss")
    )
    page = client.get(f"/settings/imports/{batch.pk}").text
    assert (batch.bad, "There is no user “谁也不是”." in page, "Take 1 row over" in page) == (2, True, False)
    answer = client.get(f"/settings/imports/{batch.pk}/errors")
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert rows == [
        ["杭州远大机械有限公司", "谁也不是", 2, "负责人: There is no user “谁也不是”."],
        [None, "boss", 3, "客户名称: This field is required."],
    ]
    assert (sheet["B2"].fill.fgColor.rgb, sheet["A3"].fill.fgColor.rgb) == ("00FFC7CE", "00FFC7CE")
    client.post(f"/settings/imports/{batch.pk}/publish")
    worker.run_due()
    assert Account.objects.count() == 0


def test_good_rows_can_be_taken_alone(client, boss):
    lines = ("客户名称,负责人", "杭州远大机械有限公司,谁也不是", "苏州恒力泵业有限公司,boss")
    batch = bring(client, csv_file(*lines), is_partial="on")
    client.post(f"/settings/imports/{batch.pk}/publish")
    worker.run_due()
    batch.refresh_from_db()
    assert (batch.state, batch.created, batch.bad) == ("published", 1, 1)
    assert list(Account.objects.values_list("name", "owner")) == [("苏州恒力泵业有限公司", boss.pk)]


def test_unreadable_file_is_refused_on_the_form_and_leaves_nothing(client, boss):
    answer = client.post("/settings/imports/new", {"kind": "accounts", "file": csv_file("%PDF-1.4 no table")})
    assert (answer.status_code, ImportBatch.objects.count()) == (422, 0)
    assert "it is not a text file" in answer.text


def test_mapping_is_remembered_for_the_next_file(client, boss):
    lines = ("甲,乙", "杭州远大机械有限公司,西湖区")
    client.post("/settings/imports/new", {"kind": "accounts", "file": csv_file(*lines)})
    batch = ImportBatch.objects.get()
    answer = client.post(f"/settings/imports/{batch.pk}/map", {"column_0": "", "column_1": "name"})
    assert answer.status_code == 302
    client.post("/settings/imports/new", {"kind": "accounts", "file": csv_file(*lines)})
    assert ImportBatch.objects.latest("pk").mapping["columns"] == {"1": "name"}


def test_required_field_without_column_is_said(client, boss):
    client.post("/settings/imports/new", {"kind": "accounts", "file": csv_file("地址", "西湖区")})
    batch = ImportBatch.objects.get()
    answer = client.post(f"/settings/imports/{batch.pk}/map", {"column_0": "address"})
    assert (answer.status_code, "No column brings: Name." in answer.text) == (422, True)


def test_other_sheet_can_be_chosen(client, boss):
    book, file = Workbook(), io.BytesIO()
    book.active.append(["说明"])
    book.active.append(["请填第二张表"])
    book.create_sheet("客户").append(["客户名称"])
    book["客户"].append(["杭州远大机械有限公司"])
    book.save(file)
    given = SimpleUploadedFile("客户.xlsx", file.getvalue())
    client.post("/settings/imports/new", {"kind": "accounts", "file": given})
    batch = ImportBatch.objects.get()
    client.post(f"/settings/imports/{batch.pk}/map", {"sheet": "客户"})
    batch.refresh_from_db()
    assert (batch.sheet, batch.headings) == ("客户", ["客户名称"])


def test_running_import_refreshes_itself(client, htmx_client, boss):
    client.post("/settings/imports/new", {"kind": "accounts", "file": csv_file("客户名称", "杭州远大机械有限公司")})
    batch = ImportBatch.objects.get()
    client.post(f"/settings/imports/{batch.pk}/map", {"column_0": "name"})
    htmx_client.force_login(boss)
    part = htmx_client.get(f"/settings/imports/{batch.pk}").text
    assert (part.startswith('<div id="import-state"'), 'hx-trigger="every 2s"' in part) == (True, True)
    worker.run_due()
    part = htmx_client.get(f"/settings/imports/{batch.pk}").text
    assert ('hx-trigger="every 2s"' in part, "Take 1 row over" in part) == (False, True)


def test_imports_are_seen_by_whoever_brought_them_alone(client, boss):
    batch = bring(client, csv_file("客户名称", "杭州远大机械有限公司"))
    client.force_login(make_user(roles=["executive"]))
    statuses = {client.get(f"/settings/imports/{batch.pk}{end}").status_code for end in ("", "/map", "/errors")}
    statuses |= {
        client.post(f"/settings/imports/{batch.pk}/{end}").status_code for end in ("publish", "undo", "discard")
    }
    assert statuses == {404}


def test_sellers_neither_import_nor_export(client):
    client.force_login(make_user())
    assert {client.get(f"/settings/{page}").status_code for page in ("imports", "imports/new", "exports")} == {403}


def test_administrator_is_offered_people_but_no_customers(client):
    client.force_login(make_user(roles=["administrator"]))
    page = client.get("/settings/imports/new").text
    assert re.findall(r'<option value="(\w+)"', page) == ["departments", "users"]
    answer = client.post("/settings/imports/new", {"kind": "accounts", "file": csv_file("客户名称", "甲")})
    assert answer.status_code == 422
    assert client.get("/settings/imports/template/accounts").status_code == 403


def test_template_and_export_are_handed_out(client, boss):
    answer = client.get("/settings/imports/template/accounts")
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert [cell.value for cell in sheet[1]][:2] == ["Name *", "Credit code"]
    answer = client.post("/settings/exports/products", {"format": "csv"})
    assert b"".join(answer.streaming_content).decode("utf-8-sig") == "Code,Name,Unit,Product line,On sale\r\n"
    assert client.get("/settings/exports").status_code == 200
