import pytest

from openpsm.accounts.names import bare_short
from openpsm.registrations.matching import Claim
from openpsm.registrations.matching.lists import CompanyList
from openpsm.registrations.rules.shorts import is_short, short_likeness, speaks_against


def weight(sign: str) -> float:
    return 0.5 if sign in "股份集团科技中国" else 2.0


@pytest.mark.parametrize(
    ("typed", "bare"),
    [
        ("*ST远洲", "远洲"),
        ("Ｓ＊ＳＴ远洲", "远洲"),
        ("G远洲", "远洲"),
        ("远洲Ｂ", "远洲"),
        ("远洲-UW", "远洲"),
        ("ALPHA-NEW", "alpha"),
        ("远 洲", "远洲"),
        ("ST", "st"),
    ],
)
def test_markers_of_an_exchange_do_not_count(typed, bare):
    assert bare_short(typed) == bare


@pytest.mark.parametrize(
    ("name", "short"),
    [("远洲股份", True), ("远洲机械有限公司", False), ("远洲银行宁波支行", False), ("远", False), ("", False)],
)
def test_a_short_name_is_short_and_has_no_legal_form(name, short):
    assert is_short(name) == short


@pytest.mark.parametrize(
    ("short", "right", "wrong"),
    [
        ("金洲股份", "营口金洲机械股份有限公司", "金洋洲际贸易有限公司"),
        ("中国石缘", "中国石油缘工股份有限公司", "中国石材有限公司"),
        ("远洲科技", "宁波远洲科技股份有限公司", "宁波远洲科技有限公司"),
        ("远洲", "宁波远洲机械有限公司", "宁波洲远机械有限公司"),
    ],
)
def test_the_company_that_is_meant_fits_best(short, right, wrong):
    assert short_likeness(short, right, weight) > short_likeness(short, wrong, weight)


def test_what_hardly_agrees_does_not_fit_at_all():
    assert short_likeness("金洲股份", "宁波远景机械有限公司", weight) == 0


@pytest.mark.parametrize(
    ("short", "name", "is_against"),
    [
        ("远洲股份", "远洲集团有限公司", True),
        ("远洲股份", "宁波远洲机械股份有限公司", False),
        ("*ST远洲", "宁波远洲机械有限公司", True),
        ("远洲B", "宁波远洲机械有限公司", True),
        ("远洲集团", "宁波远洲有限公司", True),
        ("远洲集团", "远洲机械集团有限公司", False),
        ("远洲科技", "宁波远洲机械有限公司", False),
        ("ALPHAB", "Alphabet Ltd", False),
    ],
)
def test_a_short_name_may_speak_against_a_legal_form(short, name, is_against):
    assert speaks_against(short, name) == is_against


def test_a_name_of_another_form_stands_behind():
    known = CompanyList()
    for name in ("远洲集团有限公司", "宁波远洲机械股份有限公司"):
        known.add(Claim(name))
    assert [one.row for one in known.matches(Claim("远洲股份"), 5)] == [1, 0]


def test_a_short_name_in_latin_letters_is_found():
    known = CompanyList()
    for name in ("Harbour Steel Holdings Limited", "North Stone Machinery Corporation", "宁波远洲机械股份有限公司"):
        known.add(Claim(name))
    assert [one.name for one in known.matches(Claim("NORTHSTONEMACH"), 5)] == ["North Stone Machinery Corporation"]
