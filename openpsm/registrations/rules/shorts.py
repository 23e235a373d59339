"""Which company does a short name mean? 金辰股份 picks signs of 营口金辰机械股份有限公司, in their order.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise

from openpsm.accounts.names import company_name
from openpsm.core.text import fold

#: So long is a name, without legal form, that somebody uses for short.
LONGEST_SHORT = 8
#: So much of the short name, by the weight of its signs, has to be found in order.
ENOUGH = 0.55
_MARKERS = re.compile(r"^(?:[ngs]?\*?s?\*?st|pt|xd|xr|dr|[ng](?=[\u4e00-\u9fff]))", re.IGNORECASE)
_SHARES = re.compile(r"(?:[ab]|-?[uw])$", re.IGNORECASE)
Weight = Callable[[str], float]


def bare_short(text: str) -> str:
    """Return a short name without the markers of an exchange: *ST, G, B and their like."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    bare = _SHARES.sub("", _MARKERS.sub("", plain))
    return fold(bare) if len(fold(bare)) > 1 else fold(text)


def is_short(name: str) -> bool:
    """Whether a name may be one for short: few signs, and no legal form or branch."""
    taken = company_name(name)
    return 2 <= len(bare_short(name)) <= LONGEST_SHORT and not taken.is_branch and not taken.key.endswith("公司")


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
