"""How alike two records are, and what that means for a claim.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class HitClass(StrEnum):
    """What a hit means for the claim: SAME stops it, POSSIBLE asks for a second look, RELATED informs."""

    SAME = "same"
    POSSIBLE = "possible"
    RELATED = "related"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two records are: class, score from 0 to 100, and the kinds of agreement that speak for it."""

    cls: HitClass
    score: int
    reasons: tuple[str, ...]


def shown_score(score: int) -> int:
    """Return the score in steps of 10, as it is shown of other people's records."""
    return score // 10 * 10
