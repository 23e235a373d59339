"""Accounts, contacts and rivals, made through the operations."""

from datetime import datetime
from itertools import count
from typing import Any

from openpsm.accounts.models import Account, Competitor, Contact
from openpsm.accounts.operations import NewAccount, NewContact, create_accounts, create_contacts, ensure_competitor
from openpsm.org.models import User
from tests.factories import AT
from tests.factories.org import make_department, make_user

_numbers = count(1)
#: One sign of each in turn, the last as a check over the others: two brands differ in two signs at least, also as
#: former names after a merge, and none is its own half twice.
_BRANDS = (
    "甲东兰松石鹿北云百丰",
    "岭川峰湖原港桥泉城塔",
    "虎鹤鲸鹰马鱼蜂象燕狮",
    "星雷晨霞雪霜露雾虹辉",
    "琴剑砚墨筝笛棋帆鼓钟",
)


def make_account(name: str = "", *, owner: User | None = None, at: datetime = AT, **fields: Any) -> Account:
    """An account of a seller; `is_in_pool=True` leaves it without owner."""
    by = owner or make_user(department=make_department())
    return create_accounts(rows=[NewAccount(name=name or unlike_name(), **fields)], by=by, at=at)[0]


def unlike_name() -> str:
    """A company name that no other call returns and that no matching takes for another one."""
    digits = [int(digit) for digit in f"{next(_numbers):04}"[::-1]]
    signs = "".join(one[digit] for one, digit in zip(_BRANDS, (*digits[:4], sum(digits) % 10), strict=True))
    return f"{signs}有限公司"


def make_contact(
    name: str = "王军", *, account: Account | None = None, by: User | None = None, **fields: Any
) -> Contact:
    """A person at the account, entered by its owner unless said otherwise."""
    account = account or make_account()
    by = by or account.owner
    assert by is not None, "an account in the pool needs `by`"
    return create_contacts(rows=[NewContact(account_id=account.pk, name=name, **fields)], by=by, at=AT)[0]


def make_competitor(name: str = "Rival Oils", *, by: User | None = None) -> Competitor:
    """A rival."""
    return ensure_competitor(name=name, by=by or make_user(), at=AT)
