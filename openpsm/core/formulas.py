"""Text in a table that a spreadsheet must not take for a formula.

Rule: docs/business-rules.md#lists
"""

from __future__ import annotations

import unicodedata

_STARTS = frozenset("=+-@\t\r\n\0")
_SKIPPED = " \u00a0\u3000\ufeff\u200b'\""


def is_risky(text: str) -> bool:
    """Whether the text begins like a formula: full-width signs count, blanks, BOM and quotes before it do not."""
    bare = text.lstrip(_SKIPPED)
    return bool(text) and (text[0] in _STARTS or unicodedata.normalize("NFKC", bare[:1])[:1] in _STARTS)


def guarded(text: str) -> str:
    """The text for a CSV file: with an apostrophe before it where it begins like a formula. NUL is left out."""
    plain = text.replace("\0", "")
    return f"'{plain}" if is_risky(text) else plain


def unguarded(text: str) -> str:
    """The text as it was before `guarded`: `unguarded(guarded(x)) == x` for text without NUL."""
    return text[1:] if text.startswith("'") and is_risky(text[1:]) else text
