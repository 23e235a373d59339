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
    return list(_by_code_or_text(_real_divisions(), text)[:limit])


def _real_divisions() -> QuerySet[Division]:
    """Without what only counts those below it, and bears the full name of what is above it."""
    return Division.objects.exclude(name__in=("市辖区", "县")).exclude(name__endswith="行政区划")


def named_divisions(text: str) -> list[Division]:
    """Return what a line means: a code of two, four or six digits, or a name in full or of its own (1 query)."""
    code, name = text.split()[0], text.replace(" ", "")
    if code.isascii() and code.isdecimal():
        rows = Division.objects.filter(pk=code.ljust(6, "0")[:6])
    else:
        rows = _real_divisions().filter(Q(full_name=name) | Q(name=name))
    return list(rows.order_by("level", "code")[:6])


def named_industries(text: str) -> list[Industry]:
    """Return what a line means: a code with or without the letter of its section, or a name (1 query).

    A class that is alone in its group bears the same name: the wider one says both.
    """
    code = text.split()[0].upper()
    code = code[1:] if code[1:].isdecimal() and code[:1].isalpha() else code
    rows = Industry.objects.filter(pk=code) if code.isascii() else Industry.objects.filter(name__in=(text, f"{text} "))
    found = list(rows.order_by("level", "code")[:6])
    return found[:1] if len({one.name for one in found}) == 1 else found


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
