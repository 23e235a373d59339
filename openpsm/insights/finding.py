"""One search over everything that somebody sees: names by parts, pinyin and initials, codes; best first.

Rule: docs/business-rules.md#search
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Replace

from openpsm.accounts.models import Account, Contact
from openpsm.activities.models import Activity
from openpsm.catalog.models import Product
from openpsm.core.text import fold, initials, sort_key
from openpsm.org.models import Recent, User
from openpsm.projects.models import Project

#: Of activities only the newest of one's own are searched: their texts have no index.
NEWEST_ACTIVITIES = 1000
LONGEST = 80


@dataclass(frozen=True)
class Hit:
    """One record found; `rank` is 0 for the whole name, 1 for its beginning, 2 for a part of it."""

    kind: str
    record: Any
    rank: int = 2


@dataclass(frozen=True)
class Group:
    """The best hits of one kind; `has_more` says that there are others."""

    kind: str
    hits: list[Hit]
    has_more: bool = False


def find(text: str, *, user: User, most: int = 6) -> list[Group]:
    """Return what the user sees and what is called like this, by kind, the kind with the best hit first.

    At least two signs, or one Chinese one. At most 11 queries, one more for a text with digits; none without text.
    """
    key = fold(text[:LONGEST])
    if not key or (len(key) == 1 and key.isascii()):
        return []
    searches: Sequence[tuple[str, Callable[[], Iterable[Any]]]] = (
        ("project", lambda: _projects(user, text, most)),
        ("account", lambda: _named(Account.objects.visible_to(user).select_related("owner"), text, most)),
        ("contact", lambda: _contacts(user, text)[: most + 1]),
        ("activity", lambda: _activities(user, text)[: most + 1]),
        ("product", lambda: _products(user, text)[: most + 1]),
        ("person", lambda: _colleagues(user, text)[: most + 1]),
    )
    groups = [_group(kind, list(search()), key, most) for kind, search in searches]
    return sorted((group for group in groups if group.hits), key=lambda group: group.hits[0].rank)


def _group(kind: str, rows: list[Any], key: str, most: int) -> Group:
    hits = sorted((Hit(kind, row, _rank(row, key)) for row in rows), key=lambda hit: hit.rank)
    return Group(kind, hits[:most], len(rows) > most)


def _rank(row: Any, key: str) -> int:
    names = (fold(str(getattr(row, name, "") or "")) for name in ("name", "short_name", "code", "uscc", "username"))
    known = [name for name in names if name]
    known += [spelled for name in known[:1] for spelled in (initials(name), fold(sort_key(name)))]
    return 0 if key in known else 1 if any(name.startswith(key) for name in known) else 2


def _projects(user: User, text: str, most: int) -> list[Any]:
    """Return projects by name, and the one whose tender has this number."""
    seen = Project.objects.visible_to(user).select_related("account", "owner")
    tendered = seen.filter(tender_number=text.strip())[:most] if any(sign.isdigit() for sign in text) else ()
    return list({row.pk: row for row in (*tendered, *_named(seen, text, most))}.values())


def _named(rows: QuerySet[Any], text: str, most: int) -> list[Any]:
    """Return rows that begin with the text by name, then others that hold it, the newest first (2 to 3 queries).

    By name the others would be found late: whoever asks for 木齐 finds all of 乌鲁木齐 near the end.
    """
    matching = rows.matching(text)  # type: ignore[attr-defined]  # of our querysets
    beginning = matching.filter(**_prefix(sort_key(text))).order_by("sort_key", "pk")
    found = {row.pk: row for row in beginning[: most + 1]}
    if len(found) <= most:
        found |= {row.pk: row for row in matching.order_by("-pk")[: 3 * most] if row.pk not in found}
    return list(found.values())


def _prefix(key: str) -> dict[str, str]:
    """Keys that begin so, as a range that an index serves on both databases."""
    return {"sort_key__gte": key, "sort_key__lt": f"{key}\x7f"}


def _contacts(user: User, text: str) -> QuerySet[Any]:
    """Contacts by the beginning of their names; the first sign bounds the part of the index that is read."""
    seen: QuerySet[Any] = Contact.objects.visible_to(user).select_related("account").order_by("sort_key", "pk")
    plain = text.strip()
    if fold(text).isascii():
        near = seen.filter(**_prefix(fold(text)[0]))
        return with_spelling(near).filter(_spelled(text))
    return seen.filter(**_prefix(sort_key(plain[0])), name__startswith=plain)


def with_spelling(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate the pinyin of the name without blanks."""
    spelled: QuerySet[Any] = rows.annotate(spelled=Replace("sort_key", Value(" "), Value("")))
    return spelled


def _spelled(text: str) -> Q:
    """Names spelled like this in pinyin, or with these initials (`zl` finds 张磊)."""
    key = fold(text)
    found = Q(spelled__startswith=key)
    if key.isalpha():
        found |= Q(sort_key__regex="^" + " ".join(f"{letter}[a-z]*" for letter in key))
    return found


def _colleagues(user: User, text: str) -> QuerySet[Any]:
    return find_people(text, User.objects.visible_to(user).active().select_related("department"))


def find_people(text: str, people: QuerySet[Any]) -> QuerySet[Any]:
    """Return those of the people who are called so: any part of the name, sign-in name, pinyin or initials."""
    rows = people.order_by("sort_key", "pk")
    if not fold(text):
        return rows
    known = Q(name__icontains=text.strip()) | Q(username__istartswith=fold(text))
    return with_spelling(rows).filter(known | _spelled(text) if fold(text).isascii() else known)


def _activities(user: User, text: str) -> QuerySet[Any]:
    """The newest of the user's own whose purpose, result or next step holds the text."""
    words = " ".join(text.split())
    newest = Activity.objects.filter(owner=user).order_by("-pk").values("pk")[:NEWEST_ACTIVITIES]
    said = Q(purpose__icontains=words) | Q(result__icontains=words) | Q(next_step__icontains=words)
    rows: QuerySet[Any] = Activity.objects.visible_to(user).select_related("project", "account", "owner")
    return rows.filter(said, pk__in=list(newest.values_list("pk", flat=True))).order_by("-pk")


def _products(user: User, text: str) -> QuerySet[Any]:
    rows: QuerySet[Any] = Product.objects.visible_to(user).matching(text)
    return rows.order_by("-is_active", "sort_key", "pk")


# --- what was opened last

_SHOWN: dict[str, tuple[str, Callable[[User], QuerySet[Any]]]] = {
    "projects.project": ("project", lambda user: Project.objects.visible_to(user).select_related("account", "owner")),
    "accounts.account": ("account", lambda user: Account.objects.visible_to(user).select_related("owner")),
    "activities.activity": (
        "activity",
        lambda user: Activity.objects.visible_to(user).select_related("project", "account", "owner"),
    ),
}
#: Kind of record → the label under which it is remembered.
REMEMBERED = {kind: label for label, (kind, _visible) in _SHOWN.items()}


def seen(kind: str, pk: int, *, user: User) -> bool:
    """Whether the user sees this record of a kind that is remembered (1 query)."""
    return _SHOWN[REMEMBERED[kind]][1](user).filter(pk=pk).exists()


def recent(user: User, *, most: int = 8) -> list[Hit]:
    """Return what the user opened last and still sees, the latest first (4 queries)."""
    rows = Recent.objects.visible_to(user).order_by("-at", "-pk")
    opened = list(rows.values_list("subject_type", "subject_id")[: 3 * most])
    seen: dict[tuple[str, int], Hit] = {}
    for label, (kind, visible) in _SHOWN.items():
        wanted = [pk for subject, pk in opened if subject == label]
        seen |= {(label, row.pk): Hit(kind, row) for row in visible(user).filter(pk__in=wanted)}
    return [seen[one] for one in opened if one in seen][:most]
