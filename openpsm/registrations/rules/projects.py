"""When do two names mean the same project? Decisions over texts, without database.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

import re

from rapidfuzz.fuzz import ratio

from openpsm.core.text import fold
from openpsm.registrations.rules.likeness import HitClass, Likeness

_SEQUENCE = re.compile(r"[0-9]+|[一二三四五六七八九十]+(?=[期批标段包号次])")


#: Words at the end of a project's name that say nothing about which project it is.
_PROJECT_WORDS = re.compile("(?:招标|采购|项目|工程|设备|物资|公告|中标|标段)+$")


def compare_projects(
    one: str, other: str, *, is_same_account: bool, is_other_line: bool = False, is_other_site: bool = False
) -> Likeness | None:
    """Return how alike two projects are by name, given whether the customer is the same.

    With one customer an equal name is the same project, unless product line or site are known to differ; phases, lots
    and years must agree. At another customer only an equal, telling name is possible (8 signs or more).
    """
    a, b = fold(one), fold(other)
    if a == b and is_same_account:
        is_other = is_other_line or is_other_site
        return Likeness(HitClass.POSSIBLE if is_other else HitClass.SAME, 100, ("account", "project_name"))
    bare_a, bare_b = _PROJECT_WORDS.sub("", a) or a, _PROJECT_WORDS.sub("", b) or b
    if _SEQUENCE.findall(a) != _SEQUENCE.findall(b) or is_other_line or is_other_site:
        return None
    if is_same_account:
        score = round(ratio(bare_a, bare_b))
        return Likeness(HitClass.POSSIBLE, score, ("account", "project_name_nearly")) if score >= 75 else None
    return Likeness(HitClass.POSSIBLE, 80, ("project_name",)) if bare_a == bare_b and len(bare_a) >= 8 else None
