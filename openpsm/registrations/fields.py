"""The class of every field of this package."""

from __future__ import annotations

from openpsm.org.field_rules import classify


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    classify(
        "registrations.Registration",
        open="id kind status name account project owner registered_at protected_until renewed_at confirmed_different "
        "claim reason version created_at updated_at created_by",
        internal="strict_key warned_for",
    )
    classify(
        "registrations.PoolStay", open="id account why reason former_owner put_by entered_at left_at", internal="claim"
    )
    classify(
        "registrations.Arbitration",
        open="id claim standing account project approval asker holder main assistant share_rate reason decided_by "
        "decided_at ended_at asker_likelihood holder_likelihood version created_at updated_at created_by",
        internal="asker_evidence holder_evidence",
    )
    classify("registrations.RegistrationLock", internal="id")
    classify(
        "registrations.Territory",
        open="id name regions industries accounts people departments is_active version created_at updated_at "
        "created_by",
    )
    classify("registrations.TerritoryAccount", open="id territory account")
    classify(
        "registrations.TerritoryException",
        open="id territory asker name reason approval granted_at ended_at version created_at updated_at created_by",
        internal="strict_key",
    )
