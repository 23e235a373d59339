"""Keyset cursors of the API: the mechanism is `core.paging`, shared with the pages."""

from openpsm.core.paging import BadCursor, Order, Page, UnknownSort, capped_count, order_of, take

__all__ = ["BadCursor", "Order", "Page", "UnknownSort", "capped_count", "order_of", "take"]
