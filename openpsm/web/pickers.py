"""What a picker can look for: accounts, industries, divisions, products, people; only what one may see."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Replace

from openpsm.accounts.models import Account, Division, Industry
from openpsm.accounts.queries import search_divisions, search_industries
from openpsm.catalog.models import Product
from openpsm.core.text import fold
from openpsm.org.models import User

LIMIT = 20
MAX_ID = 2**63 - 1


@dataclass(frozen=True)
class Choice:
    """One thing to pick: what is stored, what is shown, and a word that tells it from its like."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True)
class Source:
    """`search` answers with at most LIMIT choices (1 query), `find` with the choice of a stored value (1 query)."""

    key: str
    search: Callable[[User, str], list[Choice]]
    find: Callable[[User, str], Choice | None]
    is_number: bool


def _pk(value: str) -> int:
    return int(value) if value.isascii() and value.isdecimal() and int(value) <= MAX_ID else 0


def _account(account: Account) -> Choice:
    return Choice(str(account.pk), account.name, account.owner.name if account.owner else "")


def _search_accounts(user: User, text: str) -> list[Choice]:
    rows = Account.objects.visible_to(user)
    found = rows.matching(text) if fold(text) else rows.filter(owner=user)
    return [_account(one) for one in found.select_related("owner").order_by("sort_key", "pk")[:LIMIT]]


def _find_account(user: User, value: str) -> Choice | None:
    found = Account.objects.visible_to(user).select_related("owner").filter(pk=_pk(value)).first()
    return _account(found) if found else None


def _product(product: Product) -> Choice:
    return Choice(str(product.pk), product.name, " · ".join(filter(None, (product.code, product.line))))


def _search_products(user: User, text: str) -> list[Choice]:
    rows = Product.objects.visible_to(user).filter(is_active=True).matching(text)
    return [_product(one) for one in rows.order_by("sort_key", "pk")[:LIMIT]]


def _find_product(user: User, value: str) -> Choice | None:
    found = Product.objects.visible_to(user).filter(pk=_pk(value)).first()
    return _product(found) if found else None


def _person(person: User) -> Choice:
    department = person.department.name if person.department else ""
    return Choice(str(person.pk), person.name, " · ".join(filter(None, (person.title, department))))


def _named_like(rows: QuerySet[User], text: str) -> QuerySet[User]:
    """Colleagues by part of the name, the sign-in name, pinyin, or initials of pinyin (`zl` finds 张磊)."""
    key = fold(text)
    if not key:
        return rows
    condition = Q(name__icontains=text.strip()) | Q(username__icontains=key)
    if key.isascii():
        condition |= Q(spelled__contains=key)
        condition |= Q(sort_key__regex="^" + " ".join(f"{letter}[a-z]*" for letter in key))
    return rows.annotate(spelled=Replace("sort_key", Value(" "), Value(""))).filter(condition)


def _search_people(user: User, text: str) -> list[Choice]:
    rows = _named_like(User.objects.visible_to(user).active().select_related("department"), text)
    return [_person(one) for one in rows.order_by("sort_key", "pk")[:LIMIT]]


def _find_person(user: User, value: str) -> Choice | None:
    found = User.objects.visible_to(user).select_related("department").filter(pk=_pk(value)).first()
    return _person(found) if found else None


def _industry(row: Industry) -> Choice:
    return Choice(row.code, row.name, row.code)


def _division(row: Division) -> Choice:
    return Choice(row.code, row.full_name, row.code)


def _find_industry(_user: User, value: str) -> Choice | None:
    found = Industry.objects.filter(pk=value).first()
    return _industry(found) if found else None


def _find_division(_user: User, value: str) -> Choice | None:
    found = Division.objects.filter(pk=value).first()
    return _division(found) if found else None


SOURCES = {
    source.key: source
    for source in (
        Source("accounts", _search_accounts, _find_account, is_number=True),
        Source(
            "industries",
            lambda _user, text: [_industry(row) for row in search_industries(text, limit=LIMIT)],
            _find_industry,
            is_number=False,
        ),
        Source(
            "divisions",
            lambda _user, text: [_division(row) for row in search_divisions(text, limit=LIMIT)],
            _find_division,
            is_number=False,
        ),
        Source("products", _search_products, _find_product, is_number=True),
        Source("people", _search_people, _find_person, is_number=True),
    )
}
