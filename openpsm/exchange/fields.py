"""The class of every field of this package: whoever brought a file sees what it said, nobody else."""

from openpsm.org.field_rules import classify


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    classify(
        "exchange.ImportBatch",
        open="id kind state file_name sheet sheets headings heading_row mapping update_by is_partial message total "
        "bad warned created updated unchanged undone by created_at checked_at published_at undone_at",
        internal="stored_as sha256 sample",
    )
    classify(
        "exchange.ImportRow",
        open="id batch number state action errors warnings record_id record_version",
        internal="cells values before",
    )
    classify("exchange.ImportMapping", internal="id by kind signature mapping used_at")
