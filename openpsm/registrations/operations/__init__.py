"""Registering customers and projects, and changing what identifies them; one module per noun.

Rule: docs/business-rules.md#registration
"""

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
    "change_account",
    "change_project",
    "check_claim",
    "claim_account",
    "install",
    "lock",
    "protected_until",
    "refuse",
    "register",
    "restore_account",
    "strict_key",
]
