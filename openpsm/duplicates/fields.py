"""The class of every field of this package."""

from __future__ import annotations

from openpsm.org.field_rules import classify

VERSIONED = " version created_at updated_at created_by "


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    classify(
        "duplicates.DuplicatePair",
        open="id one other cls score reasons state decided_by decided_at remark" + VERSIONED,
        internal="names_key",
    )
    classify("duplicates.Merge", open="id kept gone gone_name counts undone_at undone_by" + VERSIONED)
    classify("duplicates.MergedRow", internal="id merge model row was became")
