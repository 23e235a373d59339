"""The class of every field of this package, and who reaches a contact.

Rule: docs/business-rules.md#field-classes
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.apps import apps

from openpsm.org.field_rules import classify
from openpsm.org.models import User
from openpsm.org.permissions import Permission

VERSIONED = " version created_at updated_at created_by "


def works_on_accounts(user: User, account_ids: Collection[Any]) -> set[Any]:
    """Return the accounts on whose team the user is, or on a live project of which with the account as a party.

    1 query, whatever the number of accounts.
    """
    members = apps.get_model("accounts", "AccountMember")._default_manager
    parties = apps.get_model("projects", "Party")._default_manager  # a layer above, reached by name
    own = members.filter(user=user, account_id__in=account_ids).values_list("account_id", flat=True)
    mine = {"project__members__user": user, "project__deleted_at": None}
    return set(own.union(parties.filter(account_id__in=account_ids, **mine).values_list("account_id", flat=True)))


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    classify(
        "accounts.Account",
        open="id name short_name kind uscc country region address industry domain phone parent owner department "
        "is_unassigned pooled_at note custom" + VERSIONED,
        internal="strict_key sort_key search_text deleted_at merged_into",
    )
    classify("accounts.AccountName", open="id account name kind source", internal="strict_key")
    classify("accounts.AccountGram", internal="id gram account")
    classify("accounts.AccountMark", internal="id mark account contact")
    classify("accounts.AccountMember", open="id account user is_owner")
    classify(
        "accounts.Contact",
        open="id account name title unit note purpose custom erased_at" + VERSIONED,
        internal="sort_key deleted_at",
        personal=dict.fromkeys(("phone", "mobile", "email", "chat_name"), Permission.CONTACT_REACH),
        anchor="account_id",
        scope=works_on_accounts,
    )
    classify(
        "accounts.AccountVolume",
        open="id account month product quantity unit amount amount_currency source" + VERSIONED,
    )
    classify(
        "accounts.LossRecord",
        open="id account owner asked_at due_on lost_on reason reason_text destination winner price price_currency "
        "price_unit reported_at reported_by withdrawn_at" + VERSIONED,
    )
    classify("accounts.Competitor", open="id name note" + VERSIONED, internal="strict_key sort_key")
    classify("accounts.Industry", open="code name parent_code level", internal="search_text")
    classify("accounts.Division", open="code name full_name parent_code level", internal="search_text")
