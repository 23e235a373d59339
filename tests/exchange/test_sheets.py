"""Tables as people have them: encodings, delimiters, headings anywhere, dates and amounts in every usual form."""

import gzip
import io
from datetime import date, datetime

import pytest
from django.core.exceptions import ValidationError
from openpyxl import Workbook  # type: ignore[import-untyped]  # it has no types

from openpsm.exchange.imports import parsers
from openpsm.exchange.sheets import reading, writing

KNOWN = {"客户名称", "姓名", "手机", "金额"}


def read(tmp_path, name, content, **more):
    path = tmp_path / "file"
    path.write_bytes(content)
    with reading.opened(path, name, known=lambda heading: heading.split(" ")[-1] in KNOWN, **more) as table:
        return table.headings, list(table.rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_csv_is_read_in_any_encoding_and_delimiter(tmp_path, encoding, delimiter):
    lines = [["客户名称", "手机"], ["杭州远大机械有限公司", "13800138000"], ["上海𠮷田有限公司", ""]]
    content = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)
    assert read(tmp_path, "a.csv", content) == (lines[0], [(2, lines[1]), (3, lines[2])])


def test_mixed_line_ends_quotes_and_ragged_rows(tmp_path):
    content = '客户名称,手机\r\n"甲,乙\n丙",1\n丁\r\n\n戊,2,3\n'.encode()
    assert read(tmp_path, "a.csv", content)[1] == [(2, ["甲,乙\n丙", "1"]), (4, ["丁"]), (6, ["戊", "2", "3"])]


def test_gzipped_csv_is_read(tmp_path):
    assert read(tmp_path, "a.csv.gz", gzip.compress("客户名称\n甲\n".encode("gb18030")))[1] == [(2, ["甲"])]


def workbook(*rows, merge=(), epoch_1904=False):
    book, file = Workbook(), io.BytesIO()
    if epoch_1904:
        from openpyxl.utils.datetime import CALENDAR_MAC_1904  # type: ignore[import-untyped]

        book.epoch = CALENDAR_MAC_1904
    for row in rows:
        book.active.append(row)
    for cells in merge:
        book.active.merge_cells(cells)
    book.save(file)
    return file.getvalue()


def test_headings_are_found_below_title_and_blank_rows(tmp_path):
    content = workbook(["客户台账 2026"], [], ["客户名称", "手机"], ["甲", 13800138000.0], [None, None], ["乙", "x"])
    assert read(tmp_path, "a.xlsx", content) == (["客户名称", "手机"], [(4, ["甲", "13800138000"]), (6, ["乙", "x"])])


def test_headings_of_two_lines_are_joined_and_merged_bodies_spread(tmp_path):
    rows = (["客户名称", "联系人", None], [None, "姓名", "手机"], ["甲公司", "王军", "1"], [None, "李娜", "2"])
    content = workbook(*rows, merge=("A1:A2", "B1:C1", "A3:A4"))
    headings, body = read(tmp_path, "a.xlsx", content)
    assert headings == ["客户名称", "联系人 姓名", "联系人 手机"]
    assert body == [(3, ["甲公司", "王军", "1"]), (4, ["甲公司", "李娜", "2"])]


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_dates_and_numbers_of_a_workbook_become_plain_text(tmp_path, epoch_1904):
    row = ["甲", 0.1 + 0.2, date(2024, 5, 3), datetime(2024, 5, 3, 12, 30), True, 1234567.5]
    content = workbook(["客户名称", "b", "c", "d", "e", "f"], row, epoch_1904=epoch_1904)
    assert read(tmp_path, "a.xlsx", content)[1][0][1] == [
        "甲",
        "0.3",
        "2024-05-03",
        "2024-05-03 12:30:00",
        "TRUE",
        "1234567.5",
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        *[
            (text, "2024-05-03")
            for text in ("2024-05-03", "2024/5/3", "2024.5.3", "2024年5月3日", "20240503", "5/3/2024")
        ],
        *[(text, "2024-05-03") for text in ("5/3/24", "3-May-2024", "May 3, 2024", "45415", "２０２４年５月３日")],
        *[(text, "2024-05-03") for text in ("2024-05-03 12:00:00", "二〇二四年五月三日")],
        ("25/12/2024", "2024-12-25"),
        ("2024年5月", "2024-05-01"),
        ("2024年2月底", "2024-02-29"),
        ("二〇二四年十一月二十三日", "2024-11-23"),
        ("二〇二四年十月十日", "2024-10-10"),
    ],
)
def test_day_is_read_in_every_usual_form(text, day):
    assert parsers.day(text, 1) == day


@pytest.mark.parametrize("text", ["2024-02-30", "备注", "99999", "13/13/2024", "", "2024"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(ValidationError):
        parsers.day(text, 1)


@pytest.mark.parametrize(
    ("text", "heading", "amount"),
    [
        ("240万", "金额", "2400000.00"),
        ("1.2亿", "金额", "120000000.00"),
        ("12.5", "金额（万元）", "125000.00"),
        ("240万", "金额（万元）", "2400000.00"),
        ("1,200.5", "Amount", "1200.50"),
        ("0.30000000000000004", "金额", "0.30"),
        ("3", "amount_10k_yuan", "30000.00"),
        ("2", "投资（亿元）", "200000000.00"),
    ],
)
def test_amount_follows_its_own_unit_or_the_heading(text, heading, amount):
    assert parsers.amount(text, parsers.factor_of(heading)) == amount


def test_number_that_a_spreadsheet_cut_off_is_no_code():
    with pytest.raises(ValidationError):
        parsers.code(30)("1.38E+10", 1)
    assert parsers.code(30)("013800138000", 1) == "013800138000"


RISKY = [
    "=1+1",
    "+1",
    "-1",
    "@x",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "\t=1",
    "\r=1",
    " =1",
    "'=1",
    '"=1',
    "\ufeff=1",
    "'='=1",
    "\n=1",
]


@pytest.mark.parametrize("text", RISKY)
def test_risky_text_is_prefixed_and_comes_back_as_it_was(text):
    assert writing.safe(text).startswith("'")
    assert writing.unsafe(writing.safe(text)) == text


@pytest.mark.parametrize("text", ["", "杭州", "'quoted'", "a=1", "3-4"])
def test_harmless_text_stays_as_it_is(text):
    assert (writing.safe(text), writing.unsafe(text)) == (text, text)


def test_written_workbook_holds_texts_and_no_formulas(tmp_path):
    file = io.BytesIO()
    writing.write_xlsx(file, "客户", ["客户名称", "=x"], [["=1+1", -5], ["http://x/", 2.5]])
    assert read(tmp_path, "a.xlsx", file.getvalue()) == (
        ["客户名称", "=x"],
        [(2, ["=1+1", "-5"]), (3, ["http://x/", "2.5"])],
    )
