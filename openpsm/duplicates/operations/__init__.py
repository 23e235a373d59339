"""What may be done with accounts that are alike."""

from openpsm.duplicates.operations.deciding import link_pair, tell_apart
from openpsm.duplicates.operations.finding import find_alike, request_search, search_accounts
from openpsm.duplicates.operations.merging import MergeRefused, merge_accounts
from openpsm.duplicates.operations.undoing import undo_merge

__all__ = [
    "MergeRefused",
    "find_alike",
    "link_pair",
    "merge_accounts",
    "request_search",
    "search_accounts",
    "tell_apart",
    "undo_merge",
]
