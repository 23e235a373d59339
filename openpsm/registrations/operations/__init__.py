"""Registering customers and projects, and changing what identifies them; one module per noun.

Rule: docs/business-rules.md#registration
"""

from openpsm.registrations.operations.arbitrating import add_evidence, decide_arbitration, request_arbitration
from openpsm.registrations.operations.changing import (
    ACCOUNT_IDENTITY,
    PROJECT_IDENTITY,
    add_account_name,
    change_account,
    change_project,
    restore_account,
)
from openpsm.registrations.operations.checking import Collision, check_claim, install, lock, refuse
from openpsm.registrations.operations.claims import protected_until, strict_key
from openpsm.registrations.operations.pool import claim_account, give_account, release_account
from openpsm.registrations.operations.protection import Swept, follow_owner, renew_claims, sweep_protection
from openpsm.registrations.operations.registering import register
from openpsm.registrations.operations.territories import (
    ask_exception,
    close_territory,
    create_territory,
    reopen_territory,
    update_territory,
)
from openpsm.registrations.operations.unworked import return_unworked

__all__ = [
    "ACCOUNT_IDENTITY",
    "PROJECT_IDENTITY",
    "Collision",
    "Swept",
    "add_account_name",
    "add_evidence",
    "ask_exception",
    "change_account",
    "change_project",
    "check_claim",
    "claim_account",
    "close_territory",
    "create_territory",
    "decide_arbitration",
    "follow_owner",
    "give_account",
    "install",
    "lock",
    "protected_until",
    "refuse",
    "register",
    "release_account",
    "renew_claims",
    "reopen_territory",
    "request_arbitration",
    "restore_account",
    "return_unworked",
    "strict_key",
    "sweep_protection",
    "update_territory",
]
