"""Cron lines: minute, hour, day of month, month, day of week (0 or 7 is Sunday), in the installation's time zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


@dataclass(frozen=True, slots=True)
class Cron:
    """The times of a cron line; with both days restricted, either of them is enough, as in every cron."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_either_day: bool

    @classmethod
    def parse(cls, line: str) -> Cron:
        """Read “*/5 8-18 * * 1-5”; raises ValueError."""
        fields = line.split()
        if len(fields) != len(_RANGES):
            raise ValueError(f"{line!r} is not a cron line")
        minutes, hours, days, months, weekdays = map(_numbers, fields, _RANGES)
        is_either_day = not fields[2].startswith("*") and not fields[4].startswith("*")
        return cls(minutes, hours, days, months, frozenset(number % 7 for number in weekdays), is_either_day)

    def after(self, at: datetime) -> datetime:
        """The first time strictly after an instant, in UTC; raises ValueError for a day that never comes."""
        day = at.astimezone(timezone.get_default_timezone()).date()
        for distance in range(366 * 8):
            for moment in self._moments(day + timedelta(days=distance)):
                if moment > at:
                    return moment
        raise ValueError("this cron line never comes true")

    def _moments(self, day: date) -> Iterator[datetime]:
        """The times of a day; an hour that summer time skips is moved, one that comes twice counts once."""
        if not self._is_on(day):
            return
        zone = timezone.get_default_timezone()
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                yield datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)

    def _is_on(self, day: date) -> bool:
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and (by_day or by_weekday if self.is_either_day else by_day and by_weekday)


def _numbers(field: str, bounds: tuple[int, int]) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _slash, step = part.partition("/")
        low, high = _span(span, bounds, has_step=bool(step))
        if not bounds[0] <= low <= high <= bounds[1] or (step and int(step) < 1):
            raise ValueError(f"{field!r} is not a part of a cron line")
        found.update(range(low, high + 1, int(step or 1)))
    return frozenset(found)


def _span(span: str, bounds: tuple[int, int], *, has_step: bool) -> tuple[int, int]:
    if span == "*":
        return bounds
    low, dash, high = span.partition("-")
    return int(low), (int(high) if dash else bounds[1] if has_step else int(low))
