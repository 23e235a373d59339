"""The class of every field of this package."""

from __future__ import annotations

from openpsm.org.field_rules import classify


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    classify("insights.Snooze", open="id user kind record_id until")
