"""The derived keys of an account: strict key, order, search text, pairs of signs, and marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openpsm.accounts.models import Account, AccountGram, AccountMark, AccountName, Contact
from openpsm.accounts.rules import grams, marks, searchable
from openpsm.core import bulk
from openpsm.core.text import fold, sort_key


def derive(account: Account, other_names: Sequence[str]) -> None:
    """Set the columns that follow from the names."""
    account.strict_key = fold(account.name)[:200]
    account.sort_key = sort_key(account.name)
    account.search_text = searchable(_names(account, other_names), account.uscc)


def write_new(accounts: Sequence[tuple[Account, Sequence[str]]]) -> None:
    """Insert grams and marks of fresh accounts (2 statements): some fifty rows an account, hence as bare rows."""
    bulk.write(
        AccountGram, [{"account_id": one.pk, "gram": gram} for one, others in accounts for gram in _grams(one, others)]
    )
    bulk.write(
        AccountMark, [{"account_id": one.pk, "mark": mark} for one, others in accounts for mark in _marks(one, others)]
    )


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
    due = {(one.pk, gram) for one in accounts for gram in _grams(one, others[one.pk])} - grams_known
    bulk.write(AccountGram, [{"account_id": pk, "gram": gram} for pk, gram in due])
    due = {(one.pk, mark) for one in accounts for mark in _marks(one, others[one.pk])} - marks_known
    bulk.write(AccountMark, [{"account_id": pk, "mark": mark} for pk, mark in due])
    return accounts


def rewrite(account: Account) -> None:
    """Bring the keys of a changed account up to date; only the rows that differ are written."""
    others = list(account.names.values_list("name", flat=True))
    derive(account, others)
    kept = set(AccountGram.objects.filter(account=account).values_list("gram", flat=True))
    wanted = _grams(account, others)
    AccountGram.objects.filter(account=account, gram__in=kept - wanted).delete()
    AccountGram.objects.bulk_create(AccountGram(account=account, gram=gram) for gram in wanted - kept)
    known = set(AccountMark.objects.filter(account=account, contact=None).values_list("mark", flat=True))
    due = _marks(account, others)
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


def _names(account: Account, others: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name for name in (account.name, account.short_name, *others) if name))


def _grams(account: Account, others: Sequence[str]) -> set[str]:
    return grams(_names(account, others), account.uscc)


def _marks(account: Account, others: Sequence[str]) -> set[str]:
    return {
        mark[:220]
        for mark in marks(
            names=_names(account, others),
            uscc=account.uscc,
            domain=account.domain,
            phones=[account.phone],
            country=account.country,
        )
    }
