"""Company names in Latin and Cyrillic letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpsm.accounts.latin import LatinClass, compare_latin, is_latin, latin_marks

SAME, POSSIBLE, RELATED = LatinClass.SAME, LatinClass.POSSIBLE, LatinClass.RELATED


@pytest.mark.parametrize(
    ("one", "other", "cls"),
    [
        ("Northwind Traders Limited", "NORTHWIND TRADERS LTD.", SAME),
        ("Northwind Traders", "The Northwind Traders Company", SAME),
        ("Müller & Söhne Gesellschaft mit beschränkter Haftung", "Mueller", None),
        ("Müller & Söhne GmbH", "Muller und Sohne G.m.b.H.", SAME),
        ("Contoso Aktiengesellschaft", "Contoso AG", SAME),
        ("Contoso AG", "Contoso GmbH", POSSIBLE),
        ("A.B.C. Valves Inc.", "ABC Valves Inc", SAME),
        ("S.R.L. Acme Forni", "Acme Forni Srl", SAME),
        ("ООО «Северный насос»", "OOO Severnyy Nasos", SAME),
        ("Water House Pumps plc", "Waterhouse Pumps PLC", SAME),
        ("Global Energy Organisation", "Global Energy Organization", SAME),
        ("Northwind Trading Intl Ltd", "Northwind Trading International Limited", SAME),
        ("Contosso Machinery Inc", "Contoso Machinery Inc", SAME),
        ("Contosa Machinery Inc", "Contoso Machinery Inc", POSSIBLE),
        ("Contosso", "Contoso", POSSIBLE),
        ("Fabrikam Fund II L.P.", "Fabrikam Fund III L.P.", POSSIBLE),
        ("Fabrikam Solutions II Ltd", "Fabrikam Solutions Ltd", RELATED),
        ("Fabrikam (France) SARL", "Fabrikam (Germany) GmbH", RELATED),
        ("Fabrikam S.A.", "Fabrikam Mexico S.A.", RELATED),
        ("Fabrikam Systems Ltd", "Fabrikam Ltd", None),
        ("ABX Industries Inc", "AQY Industries Inc", None),
        ("Northern Railway Works Corporation", "Northern Railroad Works Corporation", None),
        ("ANO Severnyy Nasos", "OOO Severnyy Nasos", None),
        ("Great Lakes Valves Association", "GLVA", POSSIBLE),
    ],
)
def test_latin_names_are_compared(one, other, cls):
    found, back = compare_latin(one, other), compare_latin(other, one)
    assert (found and found.cls) == cls
    assert found == back


@given(st.text("aeinst .&'IVX1éж", max_size=20), st.text("aeinst .&'IVX1éж", max_size=20))
def test_what_is_alike_is_symmetric_and_shares_a_mark(one, other):
    found = compare_latin(one, other)
    assert found == compare_latin(other, one)
    if found and found.reason != "name" and is_latin(one) and is_latin(other):
        assert latin_marks(one) & latin_marks(other)


def test_names_with_chinese_signs_are_not_latin():
    assert [is_latin(name) for name in ("Contoso", "ООО", "康拓 Contoso", "123", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]
