"""Filters: how a value in the address narrows the rows, what its chip says, and the input that asks for it.

A value of the address that makes no sense is dropped and said, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.core.spans import NONE, WORDS, AmountSpan, DaySpan, parse_amounts, parse_days, word_label
from openpsm.org.models import Department, User
from openpsm.web.lists.declaration import Reader
from openpsm.web.pickers import SOURCES

Rows = QuerySet[Any]
Label = str | Promise
Narrow = Callable[[Rows, Any, User], Rows]
MOST_VALUES = 30
LONGEST = 80
ME = "me"


def _sense(text: str) -> ValidationError:
    return ValidationError(_("“%(value)s” is not a choice here.") % {"value": text[:40]})


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise _sense(text)
    return int(text)


@dataclass(frozen=True)
class Filter:
    """A filter by name; `path` is the field it asks (the name itself unless said otherwise).

    `read` turns the texts of the address into a value, `narrow` uses it, `words` says it on the chip.
    """

    name: str
    label: Label
    path: str = ""
    narrow_by: Narrow | None = None
    is_quick: bool = False

    @property
    def field(self) -> str:
        return self.path or self.name

    def read(self, texts: Sequence[str], reader: Reader) -> Any:
        """Return the value; raises ValidationError."""
        if len(texts[0]) > LONGEST:
            raise _sense(texts[0])
        return texts[0]

    def narrow(self, rows: Rows, value: Any, reader: Reader) -> Rows:
        return self.narrow_by(rows, value, reader.user) if self.narrow_by else self._narrow(rows, value, reader)

    def _narrow(self, rows: Rows, value: Any, _reader: Reader) -> Rows:
        return rows.filter(**{self.field: value})

    def words(self, value: Any, texts: Sequence[str], reader: Reader) -> str:
        """What the chip says beside the label (at most 1 query)."""
        return texts[0]

    def input(self, reader: Reader) -> forms.Field:
        """The input that asks for the value."""
        return forms.CharField(max_length=LONGEST)


@dataclass(frozen=True)
class TextFilter(Filter):
    """Holds the text somewhere, whatever its case."""

    def _narrow(self, rows: Rows, value: Any, _reader: Reader) -> Rows:
        return rows.filter(**{f"{self.field}__icontains": value})


@dataclass(frozen=True)
class FlagFilter(Filter):
    """On or not there at all."""

    def read(self, texts: Sequence[str], reader: Reader) -> Any:
        if texts[0] not in ("on", "1", "yes"):
            raise _sense(texts[0])
        return True

    def words(self, value: Any, texts: Sequence[str], reader: Reader) -> str:
        return ""

    def input(self, reader: Reader) -> forms.Field:
        return forms.BooleanField(initial=True)


YES_NO = (("yes", gettext_lazy("yes")), ("no", gettext_lazy("no")))


@dataclass(frozen=True)
class ChoiceFilter(Filter):
    """One of some choices, or several of them; `is_yes_no` ones compare with truth."""

    choices: Callable[[Reader], Sequence[tuple[str, Any]]] = lambda _reader: YES_NO
    is_yes_no: bool = False
    is_number: bool = False

    def read(self, texts: Sequence[str], reader: Reader) -> Any:
        known = dict(self.choices(reader))
        for text in texts:
            if text not in known:
                raise _sense(text)
        return [text == "yes" for text in texts] if self.is_yes_no else list(texts)

    def _narrow(self, rows: Rows, value: Any, _reader: Reader) -> Rows:
        chosen = [int(one) for one in value] if self.is_number else value
        return rows.filter(**({self.field: chosen[0]} if len(chosen) == 1 else {f"{self.field}__in": chosen}))

    def words(self, value: Any, texts: Sequence[str], reader: Reader) -> str:
        known = dict(self.choices(reader))
        return _(", ").join(str(known[text]) for text in texts)

    def input(self, reader: Reader) -> forms.Field:
        return forms.MultipleChoiceField(choices=self.choices(reader), widget=forms.CheckboxSelectMultiple)


@dataclass(frozen=True)
class DayFilter(Filter):
    """A range of days as people write it; of an instant the local day counts."""

    is_instant: bool = False

    def read(self, texts: Sequence[str], reader: Reader) -> Any:
        return parse_days(texts[0], reader.on)

    def _narrow(self, rows: Rows, value: Any, _reader: Reader) -> Rows:
        span: DaySpan = value
        if span.is_none:
            return rows.filter(**{f"{self.field}__isnull": True})
        start, end = span.start, span.end
        bounds = {"gte": start, "lt": end}
        if self.is_instant:
            bounds = {name: _midnight(day) if day else None for name, day in bounds.items()}
        return rows.filter(**{f"{self.field}__{name}": day for name, day in bounds.items() if day})

    def words(self, value: Any, texts: Sequence[str], reader: Reader) -> str:
        return word_label(value.word) if value.word else texts[0]

    def input(self, reader: Reader) -> forms.Field:
        words = [word_label(key) for key in (*list(WORDS)[:12], *([] if self.is_instant else [NONE]))]
        hint = _("a word, a month or a range: this month, 2026-11, 11.1~11.30")
        return forms.CharField(max_length=60, help_text=hint, widget=Suggesting(words))


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


@dataclass(frozen=True)
class AmountFilter(Filter):
    """A range of amounts as people write it: ≥240万, 100万~500万."""

    def read(self, texts: Sequence[str], reader: Reader) -> Any:
        return parse_amounts(texts[0])

    def _narrow(self, rows: Rows, value: Any, _reader: Reader) -> Rows:
        span: AmountSpan = value
        bounds: dict[str, Decimal | None] = {"gte": span.low, "lte": span.high}
        return rows.filter(**{f"{self.field}__{name}": one for name, one in bounds.items() if one is not None})

    def input(self, reader: Reader) -> forms.Field:
        return forms.CharField(max_length=60, help_text=_("≥240万, 100万~500万, <1.2亿 or plain figures"))


@dataclass(frozen=True)
class PickedFilter(Filter):
    """A person, an account, a division: something that a picker finds. `me` is whoever looks."""

    source: str = "people"
    starts_with: bool = False

    def read(self, texts: Sequence[str], reader: Reader) -> Any:
        if not SOURCES[self.source].is_number:
            if len(texts[0]) > 12 or not texts[0].isalnum():
                raise _sense(texts[0])
            return texts[0]
        return [reader.user.pk if text == ME and self.source == "people" else _number(text) for text in texts]

    def _narrow(self, rows: Rows, value: Any, _reader: Reader) -> Rows:
        if self.starts_with:
            return rows.filter(**{f"{self.field}__startswith": value.rstrip("0") or value})
        return rows.filter(**({self.field: value[0]} if len(value) == 1 else {f"{self.field}__in": value}))

    def words(self, value: Any, texts: Sequence[str], reader: Reader) -> str:
        if list(texts) == [ME] and self.source == "people":
            return _("me")
        if self.source == "people":
            names = dict(User.objects.visible_to(reader.user).filter(pk__in=value).values_list("pk", "name"))
            return _(", ").join(names.get(pk, str(pk)) for pk in value)
        found = SOURCES[self.source].find(reader.user, texts[0])
        return found.label if found else texts[0]

    def input(self, reader: Reader) -> forms.Field:
        from openpsm.web.forms.pickers import PickerField  # it imports views

        return PickerField(self.source, label=self.label)


def _departments(reader: Reader) -> list[tuple[str, str]]:
    rows = Department.objects.visible_to(reader.user).order_by("path").values_list("pk", "name", "path")
    return [(str(pk), "\u3000" * (path or "").count("/", 2) + name) for pk, name, path in rows]


def in_departments(rows: Rows, value: list[int], user: User, path: str = "department") -> Rows:
    """Rows of these departments and of all below them."""
    seen = Department.objects.visible_to(user)
    condition = Q()
    for pk in value:
        condition |= Q(path__startswith=Subquery(seen.filter(pk=pk).values("path")[:1]))
    return rows.filter(**{f"{path}__in": seen.filter(condition)})


@dataclass(frozen=True)
class DepartmentFilter(Filter):
    """Departments with all below them."""

    def read(self, texts: Sequence[str], reader: Reader) -> Any:
        return [_number(text) for text in texts]

    def _narrow(self, rows: Rows, value: Any, reader: Reader) -> Rows:
        return in_departments(rows, value, reader.user, self.field)

    def words(self, value: Any, texts: Sequence[str], reader: Reader) -> str:
        names = dict(Department.objects.visible_to(reader.user).filter(pk__in=value).values_list("pk", "name"))
        return _(", ").join(names.get(pk, str(pk)) for pk in value)

    def input(self, reader: Reader) -> forms.Field:
        return forms.ChoiceField(choices=[("", _("all")), *_departments(reader)])


class Suggesting(forms.TextInput):
    """A text input that offers words; what is not among them may be typed all the same."""

    template_name = "components/list_words.html"

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(attrs={"autocomplete": "off"})
        self.words = words

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return {**super().get_context(name, value, attrs), "words": self.words}


def choices_of(choices: Sequence[tuple[str, Any]]) -> Callable[[Reader], Sequence[tuple[str, Any]]]:
    """Choices that are the same for everybody."""
    return lambda _reader: choices


def mine(label: Label = gettext_lazy("Mine")) -> FlagFilter:
    """Records of which one is the owner."""
    return FlagFilter("mine", label, "owner", lambda rows, _value, user: rows.filter(owner=user), is_quick=True)


def _matching(rows: Any, value: str, _user: User) -> Any:
    return rows.matching(value)


def search(label: Label, narrow: Narrow | None = None, path: str = "name") -> TextFilter:
    """The search box above the list: `q` in the address."""
    return TextFilter("q", label, path, narrow or _matching)


Chosen = Mapping[str, Sequence[str]]
