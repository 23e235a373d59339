"""`openpsm import` and `openpsm export`: what they write, what they refuse, and with which exit code."""

import csv
import io
import json
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]  # it has no types
import pytest

from openpsm.accounts.models import Account
from openpsm.cli.main import main
from openpsm.core.models import Event
from openpsm.exchange.imports import operations
from openpsm.exchange.models import ImportBatch, ImportRow
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user

pytestmark = pytest.mark.django_db
HEADINGS = ["Account", "Owner", "Created on", "Credit code"]
GOOD = ["杭州远大机械有限公司", "boss", "2024-02-01", ""]
BAD = ["苏州恒力泵业有限公司", "nobody", "2024-02-30", ""]


@pytest.fixture
def boss():
    return make_user("boss", roles=["executive", "administrator"], department=make_department("总部"))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, boss):
    """Commands run in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(name, *rows, headings=HEADINGS):
    if name.endswith(".csv"):
        text = io.StringIO()
        csv.writer(text).writerows([headings, *rows])
        Path(name).write_bytes(text.getvalue().encode("gb18030"))
        return name
    book = openpyxl.Workbook()
    page = book.active
    page.title = "客户表"
    for row in [headings, *rows]:
        page.append(row)
    book.save(name)
    return name


def stored():
    """Everything that an import could have written."""
    return [model.objects.count() for model in (Account, ImportBatch, ImportRow, Event)]


def run(capsys, *arguments):
    status = main([*arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_good_file_is_taken_over_and_the_batch_can_be_undone(capsys, boss):
    status, out, err = run(capsys, "import", "accounts", table("in.csv", GOOD))
    batch = ImportBatch.objects.get()
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "“in.csv”: 1 rows: 0 with errors, 0 with remarks.",
        "Taken over: 1 new, 0 changed, 0 unchanged, 0 not taken.",
        f"Batch {batch.pk}. To take it back: openpsm import accounts --undo {batch.pk}",
    ]
    assert Account.objects.get().owner == boss
    assert run(capsys, "import", "accounts", "--undo", str(batch.pk)) == (0, "Taken back: 1.\n", "")
    assert not Account.objects.live().exists()


@pytest.mark.parametrize(("rows", "expected"), [([GOOD], 0), ([GOOD, BAD], 1)])
def test_dry_run_writes_nothing_and_its_code_says_whether_all_is_good(capsys, rows, expected):
    before = stored()
    status, out, _err = run(capsys, "import", "accounts", table("in.csv", *rows), "--dry-run")
    assert (status, out.splitlines()[-1], stored()) == (expected, "Nothing was written.", before)


@pytest.mark.parametrize(("name", "place"), [("in.csv", "“in.csv”"), ("in.xlsx", "“in.xlsx”, sheet “客户表”")])
def test_faults_are_named_by_file_sheet_row_and_column_and_nothing_is_written(capsys, here, name, place):
    before = stored()
    status, out, _err = run(capsys, "import", "accounts", table(name, GOOD, BAD, ["", "boss", "", ""]))
    assert (status, stored()) == (1, before)
    assert out.splitlines() == [
        f"{place}: 3 rows: 2 with errors, 0 with remarks.",
        "  Row 3, Owner: There is no user “nobody”.",
        "  Row 3, Created on: “2024-02-30” is not a date.",
        "  Row 4, Account: This field is required.",
        "The rows with the reasons: in-errors.xlsx",
        "Nothing was written.",
    ]
    page = openpyxl.load_workbook(here / "in-errors.xlsx").worksheets[0]
    texts = [" ".join(str(cell.value) for cell in row if cell.value) for row in page.iter_rows()]
    assert any("苏州恒力泵业有限公司" in text and "nobody" in text for text in texts)


def test_partial_takes_the_good_rows_and_says_which_not(capsys, here):
    status, out, _err = run(
        capsys, "import", "accounts", table("in.csv", GOOD, BAD), "--partial", "--errors", "left.csv"
    )
    assert (status, list(Account.objects.values_list("name", flat=True))) == (1, [GOOD[0]])
    assert "  Row 3, Owner: There is no user “nobody”." in out.splitlines()
    assert "Taken over: 1 new, 0 changed, 0 unchanged, 1 not taken." in out.splitlines()
    left = (here / "left.csv").read_text(encoding="utf-8-sig")
    assert (BAD[0] in left, GOOD[0] in left) == (True, False)


def test_file_that_is_no_table_is_refused_by_its_name(capsys, here):
    (here / "photo.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 100)
    before = stored()
    status, out, err = run(capsys, "import", "accounts", "photo.xlsx")
    assert (status, out, "photo.xlsx" in err, stored()) == (1, "", True, before)


@pytest.mark.parametrize("arguments", [["nowhere.csv"], ["in.csv", "--user", "nobody"], ["--undo", "999"], []])
def test_what_cannot_be_done_exits_with_1_and_a_reason(capsys, arguments):
    table("in.csv", GOOD)
    before = stored()
    status, _out, err = run(capsys, "import", "accounts", *arguments)
    assert (status, bool(err.strip()), stored()) == (1, True, before)


@pytest.mark.parametrize("command", ["import", "export"])
def test_unknown_kind_is_a_mistake_in_the_command(command):
    with pytest.raises(SystemExit) as stopped:
        main([command, "elephants", "file.csv"])
    assert stopped.value.code == 2


def test_mapping_update_and_sheet_are_taken_from_the_options(capsys, here, boss):
    account = make_account(GOOD[0], owner=boss, address="旧")
    (here / "map.yaml").write_text("columns:\n  甲: name\n  乙: address\n")
    table("in.xlsx", [GOOD[0], "新"], headings=["甲", "乙"])
    status, out, _err = run(
        capsys,
        *("import", "accounts", "in.xlsx", "--map", "map.yaml", "--update-by", "name", "--sheet", "客户表"),
    )
    account.refresh_from_db()
    assert (status, account.address) == (0, "新"), out


def test_export_writes_what_the_ending_says_and_leaves_an_event(capsys, here, boss):
    make_account("=1+1公司", owner=boss)
    for name in ("out.csv", "out.xlsx", "out.json"):
        assert run(capsys, "export", "accounts", name) == (0, "", "1 row\n")
    with (here / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1][0] == "'=1+1公司"
    assert openpyxl.load_workbook(here / "out.xlsx").active["A2"].value == "=1+1公司"
    assert json.loads((here / "out.json").read_text())[0]["name"] == "=1+1公司"
    made = Event.objects.filter(name="export.made").order_by("seq")
    assert [(one.by, one.data["format"]) for one in made] == [(boss, "csv"), (boss, "xlsx"), (boss, "json")]


def test_export_goes_to_the_standard_output_and_shows_what_the_person_sees(capsysbinary, boss):
    make_account("别人的公司", owner=boss)
    make_account("自己的公司", owner=make_user("mine", roles=["seller", "sales-manager"], department=make_department()))
    assert main(["export", "accounts", "--format", "json", "--user", "mine"]) == 0
    assert [one["name"] for one in json.loads(capsysbinary.readouterr().out)] == ["自己的公司"]


def test_failed_export_leaves_no_file(capsys, here):
    make_user("nobody-special", roles=[])
    status, _out, err = run(capsys, "export", "accounts", "out.csv", "--user", "nobody-special")
    assert (status, bool(err), list(here.iterdir())) == (1, True, [])


def test_rows_refused_while_taking_over_are_named_too(capsys, boss, monkeypatch):
    begin = operations.begin_publish

    def registered_meanwhile(**given):
        make_account(GOOD[0], owner=boss)
        begin(**given)

    monkeypatch.setattr(operations, "begin_publish", registered_meanwhile)
    other = ["苏州恒力泵业有限公司", "boss", "2024-02-01", ""]
    status, out, _err = run(capsys, "import", "accounts", table("in.csv", GOOD, other), "--partial")
    assert (status, Account.objects.count()) == (1, 2)
    assert "Row 2: This customer has been registered meanwhile." in out
    assert Path("in-errors.xlsx").exists()
