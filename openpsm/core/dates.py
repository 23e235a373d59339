"""Days in the installation's time zone, days as people write them, working days and weeks."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import holidays
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.core.models.calendar import Holiday

DAY = timedelta(days=1)


def today(at: datetime) -> date:
    """The local date of an instant in the installation's time zone, whatever zone the instant is written in."""
    return at.astimezone(timezone.get_default_timezone()).date()


# --- days as people write them

_FULL = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
_MONTH_DAY = re.compile(r"(\d{1,2})[-/.月](\d{1,2})[日号]?")
_DAY_OF_MONTH = re.compile(r"(上上|上|本|这|下下|下)?个?月?(\d{1,2})[日号]")
_WEEKDAY = re.compile(r"(上上|上|本|这|下下|下)?个?(?:周|星期|礼拜)([一二三四五六日天])")
_ENGLISH_WEEKDAY = re.compile(r"(last|this|next)?\s*(mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?")
_LATER = re.compile(r"(?:in\s*)?(\d{1,3})\s*个?(天|日|周|星期|days?|weeks?)(后|以后|之后|前|以前|之前| ago)?")
_STEPS = {"上上": -2, "上": -1, "last": -1, "": 0, "本": 0, "这": 0, "this": 0, "下": 1, "next": 1, "下下": 2}
_NAMED = {"大前天": -3, "前天": -2, "昨天": -1, "yesterday": -1, "今天": 0, "今日": 0, "today": 0}
_NAMED |= {"明天": 1, "明日": 1, "tomorrow": 1, "后天": 2, "大后天": 3}
_WEEKDAYS = {sign: index for index, sign in enumerate("一二三四五六日")} | {"天": 6}
_ENGLISH = {name: index for index, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}


def parse_day(text: str, reference: date) -> date:
    """Read a day as people write it: “2026-11-15”, “11.15”, “11月15日”, “下周三”, “明天”, “3天后”, “月底”.

    A month and day without year is the one nearest to the reference; “周三” is that of the reference's own week, which
    begins on Monday; “15日” is in its month. Raises ValidationError, also for days that do not exist.
    """
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    try:
        found = _absolute(plain, reference) or _relative(plain, reference) if len(plain) <= 40 else None
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise ValidationError(_("“%(value)s” is not a date."), code="invalid", params={"value": text[:50]})
    return found


def _absolute(plain: str, reference: date) -> date | None:
    if match := _FULL.fullmatch(plain):
        year, month, day = (int(part) for part in match.groups() if part)
        return date(year, month, day)
    if match := _MONTH_DAY.fullmatch(plain):
        return _nearest(int(match[1]), int(match[2]), reference)
    return None


def _nearest(month: int, day: int, reference: date) -> date | None:
    years = [year for year in range(reference.year - 1, reference.year + 2) if _exists(year, month, day)]
    days = [date(year, month, day) for year in years]
    return min(days, key=lambda found: (abs(found - reference), found < reference), default=None)


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def _relative(plain: str, reference: date) -> date | None:
    if plain in _NAMED:
        return reference + _NAMED[plain] * DAY
    if plain in ("月底", "本月底", "month end"):
        return _in_month(reference, 1, 1) - DAY
    if match := _WEEKDAY.fullmatch(plain):
        return _in_week(reference, _STEPS[match[1] or ""], _WEEKDAYS[match[2]])
    if match := _ENGLISH_WEEKDAY.fullmatch(plain):
        return _in_week(reference, _STEPS[match[1] or ""], _ENGLISH[match[2]])
    if match := _DAY_OF_MONTH.fullmatch(plain):
        return _in_month(reference, _STEPS[match[1] or ""], int(match[2]))
    if match := _LATER.fullmatch(plain):
        return _later(reference, int(match[1]), unit=match[2], direction=match[3])
    return None


def _later(reference: date, number: int, *, unit: str, direction: str | None) -> date | None:
    if direction is None and not unit.isascii():
        return None  # "3天" alone is a duration, not a day
    days = number * (7 if unit in ("周", "星期", "week", "weeks") else 1)
    return reference + days * DAY * (-1 if direction and ("前" in direction or "ago" in direction) else 1)


def _in_week(reference: date, weeks: int, weekday: int) -> date:
    return reference + timedelta(weeks=weeks, days=weekday - reference.weekday())


def _in_month(reference: date, months: int, day: int) -> date:
    index = reference.year * 12 + reference.month - 1 + months
    return date(index // 12, index % 12 + 1, day)


# --- working days


def load_holidays(*, first_year: int, last_year: int, country: str = "CN") -> int:
    """Fill the calendar with public holidays and make-up working days, both years included; keep what stands there.

    Returns the number of new rows. Official swaps are known for past years and the current one; later years are
    computed and get corrected on screen once the government has announced them.
    """
    known = holidays.country_holidays(country, years=range(first_year, last_year + 1))
    rows = [Holiday(day=day, name=name[:100], is_working=False) for day, name in known.items()]
    make_up = {day for day in getattr(known, "weekend_workdays", ()) if first_year <= day.year <= last_year}
    rows += [Holiday(day=day, name="", is_working=True) for day in make_up]
    there = set(Holiday.objects.values_list("day", flat=True))
    missing = [row for row in rows if row.day not in there]
    Holiday.objects.bulk_create(missing, ignore_conflicts=True)
    return len(missing)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The exceptions from Monday-to-Friday within a range, read once (one query)."""

    exceptions: dict[date, bool]

    @classmethod
    def between(cls, start: date, end: date) -> WorkCalendar:
        """Load the exceptions of a half-open range of days."""
        rows = Holiday.objects.filter(day__gte=start, day__lt=end)
        return cls(dict(rows.values_list("day", "is_working")))

    def is_working(self, day: date) -> bool:
        return self.exceptions.get(day, day.weekday() < 5)


def is_working_day(day: date) -> bool:
    """Say whether people work on that day (one query)."""
    return WorkCalendar.between(day, day + DAY).is_working(day)


def previous_working_day(day: date) -> date:
    """Return the day itself when it is worked, else the last working day before it: where a deadline moves to."""
    return _first_working(day, -1)


def next_working_day(day: date) -> date:
    """Return the day itself when it is worked, else the first working day after it (one query)."""
    return _first_working(day, 1)


def _first_working(day: date, step: int) -> date:
    within = WorkCalendar.between(day - 60 * DAY, day + 60 * DAY)
    return next(found for found in (day + step * distance * DAY for distance in range(60)) if within.is_working(found))


def add_working_days(day: date, number: int) -> date:
    """Return the day on which the given number of working days after `day` has passed (one query)."""
    within = WorkCalendar.between(day, day + (number * 3 + 60) * DAY)
    while number > 0:
        day += DAY
        number -= within.is_working(day)
    return day


def working_days(start: date, end: date) -> int:
    """Count the working days of a half-open range (one query)."""
    within = WorkCalendar.between(start, end)
    return sum(within.is_working(start + number * DAY) for number in range((end - start).days))


# --- weeks


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """A week from Monday to Sunday; its range is half-open: `end` is the next Monday."""

    start: date

    def __post_init__(self) -> None:
        if self.start.weekday():
            raise ValueError("a week starts on a Monday")

    @classmethod
    def of(cls, day: date) -> Week:
        return cls(day - day.weekday() * DAY)

    @classmethod
    def parse(cls, text: str) -> Week:
        """Read “2026-W47”; raises ValidationError."""
        try:
            return cls(datetime.strptime(f"{text}-1", "%G-W%V-%u").date())  # noqa: DTZ007  # a date has no zone
        except ValueError:
            raise ValidationError(_("“%(value)s” is not a week."), params={"value": text[:50]}) from None

    @property
    def end(self) -> date:
        return self.start + 7 * DAY

    @property
    def days(self) -> list[date]:
        return [self.start + number * DAY for number in range(7)]

    def shifted(self, weeks: int) -> Week:
        return Week(self.start + timedelta(weeks=weeks))

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def __str__(self) -> str:
        year, number, _weekday = self.start.isocalendar()
        return f"{year}-W{number:02d}"


def weeks(start: date, end: date) -> Iterator[Week]:
    """Yield the weeks that touch a half-open range of days, in order."""
    week = Week.of(start)
    while week.start < end:
        yield week
        week = week.shifted(1)
