"""What may be done with accounts that are alike."""

from openpsm.duplicates.operations.merging import MergeRefused, merge_accounts
from openpsm.duplicates.operations.undoing import undo_merge

__all__ = ["MergeRefused", "merge_accounts", "undo_merge"]
