"""Finding records by pairs of neighbouring signs of their names, on any database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import models

from openpsm.core import memo
from openpsm.core.firsts import first_of_each

#: So few records are named one by one: the database knows then how few they are, and does not look through all
#: records in their order until it has met a page of them.
FEW = 500
MOST_PAIRS = 6
Rows = TypeVar("Rows", bound=models.QuerySet[Any])


def holding(rows: Rows, pairs: Sequence[str], table: models.QuerySet[Any], reference: str) -> Rows:
    """Return the rows that have all of the pairs in the table, whose rows name them by `reference`.

    1 query, once a request: a list and its count ask for the same pairs.
    """
    first, *others = dict.fromkeys(pairs)
    found = table.filter(gram=first)
    for pair in others[: MOST_PAIRS - 1]:
        found = found.filter(**{f"{reference}__in": table.filter(gram=pair).values(reference)})
    asked = found.values_list(reference, flat=True)[: FEW + 1]
    few = memo.remember(f"{table.model._meta.label}:{pairs}", lambda: list(asked))
    return rows.filter(pk__in=few if len(few) <= FEW else found.values(reference))


def alike(
    pairs: Sequence[str], table: type[models.Model], reference: str, *, most_of_a_pair: int, most: int
) -> list[int]:
    """Return ids of records that share rare pairs with these, those that share the most and rarest first (1 query).

    Of a pair that more records have than `most_of_a_pair` the newest are looked at, and count little: 工程 is in every
    other name. No text has more pairs than one name, so that the query stays short.
    """
    asked = list(dict.fromkeys(pairs))
    if not asked:
        return []
    rows = list(first_of_each(table, "gram", dict.fromkeys(asked, most_of_a_pair), reference, newest=True))
    borne = Counter(pair for pair, _pk in rows)
    weights: Counter[int] = Counter()
    for pair, pk in rows:
        weights[pk] += most_of_a_pair if borne[pair] < most_of_a_pair else 1
    return [pk for pk, _weight in weights.most_common(most)]
