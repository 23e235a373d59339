"""The class of every field of this package."""

from __future__ import annotations

from openpsm.org.field_rules import classify


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    classify("insights.Snooze", open="id user kind record_id until")
    classify(
        "insights.Alert",
        open="id rule subject_type subject_id account project department seller is_for_managers measure state "
        "raised_at snoozed_until escalated_at answer task closed_at closed_by reason "
        "version created_at updated_at created_by",
    )
    classify("insights.AlertPerson", open="id alert user")
