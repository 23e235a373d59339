"""Which company does a short name mean? 金辰股份 picks signs of 营口金辰机械股份有限公司, in their order.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from rapidfuzz.distance import OSA

from openpsm.accounts.names import SHORTEST_ALIAS, bare_short, company_name, says_shares, typed_short
from openpsm.core.text import fold, sounds
from openpsm.registrations.rules.likeness import HitClass, Likeness

#: So long is a name, without legal form, that somebody uses for short.
LONGEST_SHORT, LONGEST_LATIN = 8, 16
#: So much of the short name, by the weight of its signs, has to be found in order.
ENOUGH = 0.55
#: Scores of a known short or former name: the same but for markers; with a sign wrong, and so much more for a slip.
ALIAS_BEST, ALIAS_NEARLY, ALIAS_SLIP = 85, 70, 4
#: 宁波市远洲机械厂 is no name for short: it begins with a place in full, or what ends it is a legal form too.
_REGISTERED = re.compile("^..[省市县区].{3,}|.{4}(?:厂|店|社|中心|经营部|合作社|合伙)$")
Weight = Callable[[str], float]


def is_short(name: str) -> bool:
    """Whether a name may be one for short: few signs, and no legal form or branch."""
    taken = company_name(name)
    is_whole = taken.key.endswith("公司") or _REGISTERED.search(taken.key) is not None
    bare = bare_short(name)
    longest = LONGEST_LATIN if bare.isascii() and " " not in name.strip() else LONGEST_SHORT
    return 2 <= len(bare) <= longest and not taken.is_branch and not is_whole


def speaks_against(short: str, name: str) -> bool:
    """Whether the legal form that a short name says is not that of the full one: 远洲股份 is no 远洲集团有限公司."""
    is_group = fold(short).endswith("集团") and "集团" not in name and not name.endswith("股份有限公司")
    return is_group or (says_shares(short) and "股份" not in name)


def compare_alias(typed: str, known: str) -> Likeness | None:
    """Return how alike a typed name is to a known short or former one: with other markers, or with a slip in it."""
    pairs = zip(typed_short(typed), typed_short(known), strict=True)
    score = max(_alias_score(one, other) for one, other in pairs)
    return Likeness(HitClass.POSSIBLE, score, ("name_nearly",)) if score else None


def _alias_score(one: str, other: str) -> int:
    """A longer name with one sign wrong is the likelier one; a sign that sounds or stands otherwise is a slip."""
    if one == other and len(one) > 1:
        return ALIAS_BEST
    if min(len(one), len(other)) < SHORTEST_ALIAS or OSA.distance(one, other, score_cutoff=1) != 1:
        return 0
    is_replaced = len(one) == len(other) and sorted(one) != sorted(other) and sounds(one) != sounds(other)
    return ALIAS_NEARLY + min(len(other), 8) + (0 if is_replaced else ALIAS_SLIP)


def short_likeness(short: str, name: str, weight: Weight) -> float:
    """Return from 0 to 1 how well a short name (see `bare_short`) fits a full one.

    `weight` says how telling a sign is. What counts: how much of the short name is found in order, what stands together
    in both, whether it begins where the name or its telling part does, and how much of the brand it names.
    """
    key = fold(name)
    found, places = _best_path(short, key, weight)
    total = sum(map(weight, short))
    covered = found / total if total else 0.0
    if covered < ENOUGH:
        return 0.0
    taken = company_name(name)
    start = key.find(taken.core[:2])
    brand = range(start, start + min(len(taken.brand), 4)) if start >= 0 else range(0)
    together = sum(later - one == 1 for one, later in pairwise(places)) / max(1, len(short) - 1)
    begins = places[0] in (0, start) or (start > 0 and places[0] < start)
    named = sum(place in brand for place in places) / max(1, len(brand))
    leads = 1.0 if begins else 0.3
    return 0.56 * covered + 0.12 * together + 0.1 * leads + 0.15 * named + 0.07 * _standing(key)


def _standing(key: str) -> float:
    """Who is spoken of by a short name: companies with shares, then groups, then other companies."""
    if key.endswith("股份有限公司"):
        return 1.0
    return 0.4 if "集团" in key else 0.2 if key.endswith("公司") and not key.endswith("分公司") else 0.0


def _best_path(short: str, name: str, weight: Weight) -> tuple[float, list[int]]:
    """Return the greatest weight of signs found in order, and where; of equal ones that which stays together."""
    best: list[tuple[float, float, list[int]]] = [(0.0, 0.0, [])]
    for sign in short:
        grown = list(best)
        for place, known in enumerate(name):
            if known != sign:
                continue
            for found, together, path in best:
                if path and path[-1] >= place:
                    continue
                near = together + (1.0 if path and path[-1] == place - 1 else 0.0)
                grown.append((found + weight(sign), near, [*path, place]))
        grown.sort(key=lambda one: (-one[0], -one[1], one[2]))
        best = grown[:12]
    return best[0][0], best[0][2]
