import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpsm.accounts.rules import check_uscc, grams, marks, normal_domain, normal_phone, normal_uscc, searchable


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("", None),
        ("91350100M000100Y43", None),
        ("９１３５０１００ｍ０００１００ｙ４３", None),
        ("91350100M000100Y44", "check sign"),
        ("330100000012345", "old registration number"),
        ("3301000123456", "old registration number"),
        ("12345", "18 signs"),
    ],
)
def test_credit_code_warns_and_never_blocks(code, part):
    warnings = check_uscc(code)
    assert bool(warnings) == (part is not None)
    assert all(part in warning for warning in warnings)


def test_credit_code_is_stored_in_one_spelling():
    assert normal_uscc(" 91350100-m000100y43 ") == "91350100M000100Y43"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("0571-8888 8888", "+8657188888888"),
        ("＋86 571 88888888", "+8657188888888"),
        ("138 1234 5678", "+8613812345678"),
        ("+49 89 6360", "+49896360"),
        ("12", "12"),
        ("ring him", ""),
    ],
)
def test_phone_has_one_spelling(typed, stored):
    assert normal_phone(typed) == stored


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("https://WWW.Abc.com.cn/about?x=1", "abc.com.cn"),
        ("abc.com.cn", "abc.com.cn"),
        ("sales@abc.com.cn", "abc.com.cn"),
        ("abc.com:8080", "abc.com"),
        ("", ""),
    ],
)
def test_domain_is_the_bare_host(typed, stored):
    assert normal_domain(typed) == stored


def test_marks_leave_out_what_many_companies_share():
    found = marks(names=["甲（集团）公司", "..."], domain="qq.com", phones=["110"], emails=["", "A@B.cn"])
    assert found == {"name:甲集团公司", "plain:甲", "email:a@b.cn"}


def test_account_is_searchable_by_name_pinyin_initials_and_code():
    text = searchable(["中国（石化）"], "91350100M000100Y43")
    assert [part in text for part in ("中国石化", "zhongguoshihua", "zgsh", "91350100m000100y43")] == [True] * 4


@given(st.text(max_size=60))
def test_any_text_has_grams_of_at_most_two_signs(text):
    assert all(1 <= len(gram) <= 2 for gram in grams([text]))


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing(text):
    assert normal_domain(normal_domain(text)) == normal_domain(text)
    assert normal_uscc(normal_uscc(text)) == normal_uscc(text)
