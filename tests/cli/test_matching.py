import gzip
import json

import pytest

from openpsm.cli.main import main
from tests.factories.org import make_department, make_user
from tests.factories.registrations import register_account

KNOWN = """name,alias,uscc
国泰润滑证券股份有限公司,,
中国建设银行股份有限公司宁波市鄞州支行,,
远洲数码集团股份有限公司,ST深太;深太锋泰,91350100M000100Y43
"""


@pytest.fixture
def files(tmp_path):
    def write(name: str, text: str):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode("gb18030")) if name.endswith(".gz") else text.encode())
        return str(path)

    return write


def lines(capsys) -> list[tuple[str, list[tuple[str, str]]]]:
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [(one["name"], [(hit["name"], hit["class"]) for hit in one["hits"]]) for one in found]


def test_names_are_compared_with_a_second_file(files, capsys):
    asked = files("asked.txt", "国泰润滑\n建行宁波鄞州支行\n深太丰泰\nFoo, Bar Ltd\n\n")
    assert main(["match", asked, "--against", files("known.csv", KNOWN), "--json"]) == 0
    assert lines(capsys) == [
        ("国泰润滑", [("国泰润滑证券股份有限公司", "possible")]),
        ("建行宁波鄞州支行", [("中国建设银行股份有限公司宁波市鄞州支行", "same")]),
        ("深太丰泰", [("远洲数码集团股份有限公司", "possible")]),
        ("Foo, Bar Ltd", []),
    ]


def test_other_columns_count_and_empty_names_keep_their_line(files, capsys):
    asked = files("asked.csv.gz", "uscc,name\n91350100M000100Y43,新名字\n,\n")
    assert main(["match", asked, "--against", files("known.csv", KNOWN), "--json", "--limit", "1"]) == 0
    assert lines(capsys) == [("新名字", [("远洲数码集团股份有限公司", "same")]), ("", [])]


def test_projects_are_compared_by_name_and_parties(files, capsys):
    known = files("known.csv", "name,account\n宁波远景热电厂三期脱硫项目,远景\n宁波远景热电厂二期脱硫工程施工,远景\n")
    asked = files("asked.csv", "name,account,date\n宁波远景热电厂二期脱硫项目,远景,soon\n")
    assert main(["match", asked, "--against", known, "--kind", "projects", "--json"]) == 0
    assert lines(capsys) == [("宁波远景热电厂二期脱硫项目", [("宁波远景热电厂二期脱硫工程施工", "same")])]


@pytest.mark.django_db
def test_the_database_answers_as_it_answers_the_person(files, capsys):
    seller, other = (make_user(roles=("seller",), department=make_department()) for _number in range(2))
    register_account("宁波蓝海机械有限公司", by=seller)
    asked = files("asked.txt", "宁波市蓝海机械股份有限公司\n")
    for name in (seller.username, other.username):
        assert main(["match", asked, "--json", "--user", name]) == 0
    assert [hits for _name, hits in lines(capsys)] == [[("宁波蓝海机械有限公司", "same")], [("", "same")]]


def test_people_read_words(files, capsys):
    assert main(["match", files("a.txt", "远洲数码\n另一家\n"), "--against", files("known.csv", KNOWN)]) == 0
    shown = capsys.readouterr().out
    assert ("same" in shown, "远洲数码集团股份有限公司" in shown, shown.splitlines()[-1].strip() != "") == (True,) * 3


@pytest.mark.parametrize("content", [b"\x00\x01\x02" * 50, b"PK\x03\x04" + b"x" * 40, b"%PDF-1.7\n" + b"x" * 40])
def test_what_is_no_list_is_refused_with_its_name(tmp_path, content, files, capsys):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    assert main(["match", str(path), "--against", files("known.csv", KNOWN)]) == 1
    assert "table.csv" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_refused(files, capsys):
    assert main(["match", "nowhere.csv", "--against", files("known.csv", KNOWN)]) == 1
    assert "nowhere.csv" in capsys.readouterr().err
