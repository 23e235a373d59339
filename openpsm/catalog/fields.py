"""The class of every field of this package."""

from __future__ import annotations

from openpsm.org.field_rules import classify


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    classify(
        "catalog.Product",
        open="id code name line unit is_active custom version created_at updated_at created_by",
        internal="sort_key search_text",
    )
