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
from openpsm.registrations.operations.pool import claim_account
from openpsm.registrations.operations.registering import register

__all__ = [
    "ACCOUNT_IDENTITY",
    "PROJECT_IDENTITY",
    "Collision",
    "add_account_name",
    "add_evidence",
    "change_account",
    "change_project",
    "check_claim",
    "claim_account",
    "decide_arbitration",
    "install",
    "lock",
    "protected_until",
    "refuse",
    "register",
    "request_arbitration",
    "restore_account",
    "strict_key",
]
