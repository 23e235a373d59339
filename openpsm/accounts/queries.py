"""Reads over accounts that are more than one QuerySet method."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from openpsm.accounts.models import Account, AccountMember, Contact, Division, Industry
from openpsm.core.text import fold
from openpsm.org.models import User


def search_industries(text: str, *, limit: int = 20) -> list[Industry]:
    """Return industries by code, name, pinyin or initials, codes first, then short names (1 query)."""
    return list(_by_code_or_text(Industry.objects.all(), text)[:limit])


def search_divisions(text: str, *, limit: int = 20) -> list[Division]:
    """Return provinces, cities and counties by code, name, pinyin or initials, larger ones first (1 query)."""
    real = Division.objects.exclude(name__in=("市辖区", "县")).exclude(name__endswith="行政区划")
    return list(_by_code_or_text(real, text)[:limit])


def _by_code_or_text(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    wanted = fold(text)
    found = rows.filter(Q(code__istartswith=wanted) | Q(search_text__contains=wanted)) if wanted else rows
    at_front = When(Q(code__istartswith=wanted) | Q(name__startswith=wanted), then=Value(0))
    return found.order_by(Case(at_front, default=Value(1), output_field=IntegerField()), "level", "code")


def colleagues_at(account: Account) -> list[User]:
    """Return who works on the account, the owner first (1 query)."""
    links = AccountMember.objects.filter(account=account).select_related("user").order_by("-is_owner", "user__sort_key")
    return [link.user for link in links]


def contacts_of(account: Account, user: User) -> list[Contact]:
    """Return the live contacts of an account that the user sees, by name (1 query); mask them with `field_rules`."""
    return list(Contact.objects.visible_to(user).filter(account=account).order_by("sort_key", "pk"))
