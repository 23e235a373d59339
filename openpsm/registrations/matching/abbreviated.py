"""Which customers does a short name abbreviate, where nobody has noted it as their name?

Only among customers that the person sees: of other people's, beginnings and parts of a name lead nowhere.

Rule: docs/business-rules.md#other-names
"""

from __future__ import annotations

from openpsm.accounts.models import Account, AccountGram
from openpsm.accounts.names import bare_short, company_name
from openpsm.core import grams
from openpsm.core.text import bigrams
from openpsm.org.models import User
from openpsm.registrations.rules import HitClass, Likeness
from openpsm.registrations.rules.shorts import is_short, short_likeness

#: A short name fits a company from here on, and its best score is that of a name worth a look.
SHORT_FITS, SHORT_BEST = 0.6, 69
#: Of a pair of signs so many customers are looked at, of all pairs together so many compared, and so many shown.
MOST_OF_A_PAIR, MOST_COMPARED, MOST_SHOWN = 200, 200, 10


def fitting(name: str, by: User) -> dict[int, Likeness]:
    """Return the visible customers that a short name fits (3 queries; none for a name with a legal form)."""
    if not is_short(name):
        return {}
    short = bare_short(name)
    pairs = bigrams(company_name(short).core) or bigrams(short)
    most = {"most_of_a_pair": MOST_OF_A_PAIR, "most": MOST_COMPARED}
    ids = grams.alike([pair for pair in pairs if len(pair) > 1], AccountGram, "account", **most)
    if not ids:
        return {}
    names = Account.objects.live().filter(pk__in=ids).values_list("pk", "name")
    likeness = {pk: short_likeness(short, full, _alike_telling) for pk, full in names}
    fits = {pk: fit for pk, fit in likeness.items() if fit >= SHORT_FITS}
    seen = Account.objects.visible_to(by).filter(pk__in=fits).values_list("pk", flat=True) if fits else ()
    best = sorted(seen, key=lambda pk: (-fits[pk], pk))[:MOST_SHOWN]
    return {pk: Likeness(HitClass.POSSIBLE, round(SHORT_BEST * fits[pk]), ("short_name",)) for pk in best}


def _alike_telling(_sign: str) -> float:
    """Every sign counts alike: how rare each is among all customers, nobody counts."""
    return 1.0
