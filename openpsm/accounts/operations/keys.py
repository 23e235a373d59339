"""The derived keys of an account: strict key, order, search text, pairs of signs, and marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from openpsm.accounts.models import MARK_LENGTH, Account, AccountGram, AccountMark, AccountName, Contact
from openpsm.accounts.rules import alias_marks, grams, leading_marks, marks, searchable
from openpsm.core import bulk
from openpsm.core.text import fold, sort_key


@dataclass(frozen=True, slots=True)
class Keys:
    """All that follows from the names and numbers of one account."""

    strict_key: str
    sort_key: str
    search_text: str
    grams: frozenset[str]
    marks: frozenset[str]


@lru_cache(maxsize=2048)
def keys_of(names: tuple[str, ...], uscc: str, domain: str, phone: str, country: str) -> Keys:
    """Return the keys of an account with these names, its own first; who creates many asks before taking locks."""
    found = marks(names=names, uscc=uscc, domain=domain, phones=[phone], country=country)
    found = found.union(*map(leading_marks, filter(fold, names)), *map(alias_marks, filter(fold, names[1:])))
    return Keys(
        strict_key=fold(names[0])[:200],
        sort_key=sort_key(names[0]),
        search_text=searchable(names, uscc),
        grams=frozenset(grams(names, uscc)),
        marks=frozenset(mark[:MARK_LENGTH] for mark in found),
    )


def _keys(account: Account, others: Sequence[str]) -> Keys:
    names = tuple(dict.fromkeys(name for name in (account.name, account.short_name, *others) if name))
    return keys_of(names, account.uscc, account.domain, account.phone, account.country)


def derive(account: Account, other_names: Sequence[str]) -> None:
    """Set the columns that follow from the names."""
    keys = _keys(account, other_names)
    account.strict_key, account.sort_key, account.search_text = keys.strict_key, keys.sort_key, keys.search_text


def write_new(accounts: Sequence[tuple[Account, Sequence[str]]]) -> None:
    """Insert grams and marks of fresh accounts: some fifty rows an account, hence as bare values."""
    found = [(one.pk, _keys(one, others)) for one, others in accounts]
    pairs = sorted((gram, pk) for pk, keys in found for gram in keys.grams)  # neighbours in the index
    bulk.write_values(AccountGram, ["gram", "account"], pairs)
    rows = ({"account_id": pk, "mark": mark} for pk, keys in found for mark in keys.marks)
    bulk.write(AccountMark, rows)


def add_names(named: Mapping[int, Sequence[str]]) -> list[Account]:
    """Bring the keys of accounts that have got more names up to date, set-wise; returns them for saving (5 queries)."""
    accounts = list(Account.objects.filter(pk__in=named).order_by("pk"))
    others: dict[int, list[str]] = {account.pk: [] for account in accounts}
    for pk, name in AccountName.objects.filter(account__in=accounts).values_list("account_id", "name"):
        others[pk].append(name)
    for account in accounts:
        derive(account, others[account.pk])
    grams_known = set(AccountGram.objects.filter(account__in=accounts).values_list("account_id", "gram"))
    marks_known = set(AccountMark.objects.filter(account__in=accounts, contact=None).values_list("account_id", "mark"))
    due = {(one.pk, gram) for one in accounts for gram in _keys(one, others[one.pk]).grams} - grams_known
    bulk.write(AccountGram, [{"account_id": pk, "gram": gram} for pk, gram in due])
    due = {(one.pk, mark) for one in accounts for mark in _keys(one, others[one.pk]).marks} - marks_known
    bulk.write(AccountMark, [{"account_id": pk, "mark": mark} for pk, mark in due])
    return accounts


def rewrite(account: Account) -> None:
    """Bring the keys of a changed account up to date; only the rows that differ are written."""
    others = list(account.names.order_by("pk").values_list("name", flat=True))
    derive(account, others)
    kept = set(AccountGram.objects.filter(account=account).values_list("gram", flat=True))
    wanted = _keys(account, others).grams
    AccountGram.objects.filter(account=account, gram__in=kept - wanted).delete()
    AccountGram.objects.bulk_create(AccountGram(account=account, gram=gram) for gram in wanted - kept)
    known = set(AccountMark.objects.filter(account=account, contact=None).values_list("mark", flat=True))
    due = _keys(account, others).marks
    AccountMark.objects.filter(account=account, contact=None, mark__in=known - due).delete()
    AccountMark.objects.bulk_create(AccountMark(account=account, mark=mark) for mark in due - known)


def mark_contacts(contacts: Sequence[Contact]) -> None:
    """Write the marks of contacts anew (2 statements): a deleted or erased one leaves none."""
    AccountMark.objects.filter(contact__in=[contact.pk for contact in contacts]).delete()
    AccountMark.objects.bulk_create(
        AccountMark(account_id=contact.account_id, contact=contact, mark=mark)
        for contact in contacts
        if contact.deleted_at is None
        for mark in marks(phones=[contact.phone, contact.mobile], emails=[contact.email])
    )
