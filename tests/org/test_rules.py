"""Decisions without database."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpsm.org import rules
from openpsm.org.permissions import Permission
from tests.factories import AT


@pytest.mark.parametrize(
    ("typed", "stored"), [("  Wang.Li ", "wang.li"), ("ＷＡＮＧ", "wang"), ("王丽", "王丽"), ("STRASSE", "strasse")]
)
def test_normal_username_ignores_case_width_and_blanks(typed, stored):
    assert rules.normal_username(typed) == stored


@given(st.text(max_size=30))
def test_normal_username_is_stable(text):
    once = rules.normal_username(text)
    assert rules.normal_username(once) == once


@pytest.mark.parametrize(
    ("username", "is_one"),
    [
        ("wang.li", True),
        ("a", False),
        ("王丽", True),
        ("wang li", False),
        ("x" * 61, False),
        ("a\nb", False),
        ("ab\n", False),
    ],
)
def test_is_username(username, is_one):
    assert rules.is_username(username) == is_one


@pytest.mark.parametrize(
    ("address", "bucket"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("somewhere", "unknown"),
    ],
)
def test_address_bucket(address, bucket):
    assert rules.address_bucket(address) == bucket


def test_beyond_names_only_what_governs_the_installation():
    wanted = [Permission.ROLE_ADMIN, Permission.USER_ADMIN, Permission.PROJECT_VIEW_ALL]
    assert rules.beyond(wanted, {Permission.USER_ADMIN}) == {Permission.ROLE_ADMIN}


@pytest.mark.parametrize(
    ("started", "seen", "is_over"),
    [(0, 0, False), (13, 11, False), (13, 12, True), (14 * 24, 0, True), (14 * 24 - 1, 0, False)],
)
def test_session_is_over_when_left_alone_or_old(started, seen, is_over):
    over = rules.is_session_over(
        started_at=AT - timedelta(hours=started),
        seen_at=AT - timedelta(hours=seen),
        at=AT,
        idle=timedelta(hours=12),
        absolute=timedelta(days=14),
    )
    assert over == is_over


def test_made_secrets_differ_and_are_long():
    assert len({rules.new_token() for _each in range(50)}) == 50
    assert len({rules.new_password() for _each in range(50)}) == 50
    assert len(rules.new_token()) >= 43
