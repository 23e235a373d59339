"""Days: local, typed by people, worked or not, in weeks."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from openpsm.core import dates
from openpsm.core.dates import Week, parse_day
from openpsm.core.models import Holiday

SUNDAY = date(2026, 11, 22)


def test_today_is_that_of_the_installation() -> None:
    assert dates.today(datetime(2026, 11, 22, 16, 30, tzinfo=UTC)) == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-15", (2026, 11, 15)),
        ("2026/1/5", (2026, 1, 5)),
        ("２０２６．１１．１５", (2026, 11, 15)),
        ("20261115", (2026, 11, 15)),
        ("2026年11月15日", (2026, 11, 15)),
        ("11.15", (2026, 11, 15)),
        ("11月15日", (2026, 11, 15)),
        ("1.5", (2027, 1, 5)),
        ("6-1", (2026, 6, 1)),
        ("2月29日", None),  # in none of the years around
        ("今天", (2026, 11, 22)),
        ("明天", (2026, 11, 23)),
        ("大后天", (2026, 11, 25)),
        ("昨天", (2026, 11, 21)),
        ("周三", (2026, 11, 18)),
        ("本周日", (2026, 11, 22)),
        ("下周三", (2026, 11, 25)),
        ("下下周一", (2026, 11, 30)),
        ("下个星期天", (2026, 11, 29)),
        ("上周五", (2026, 11, 13)),
        ("3天后", (2026, 11, 25)),
        ("两周后", None),
        ("2周后", (2026, 12, 6)),
        ("5天前", (2026, 11, 17)),
        ("月底", (2026, 11, 30)),
        ("15号", (2026, 11, 15)),
        ("下月1日", (2026, 12, 1)),
        ("Tomorrow", (2026, 11, 23)),
        ("next Friday", (2026, 11, 27)),
        ("in 2 weeks", (2026, 12, 6)),
        ("2026-02-30", None),
        ("13.13", None),
        ("31.11.2026", None),
        ("3天", None),
        ("", None),
        ("someday", None),
        ("0.0", None),
        ("9999-99-99", None),
    ],
)
def test_day_is_read_as_people_write_it(text: str, day: tuple[int, int, int] | None) -> None:
    if day is None:
        with pytest.raises(ValidationError):
            parse_day(text, SUNDAY)
    else:
        assert parse_day(text, SUNDAY) == date(*day)


@given(text=st.text(alphabet="0123456789-./年月日下周三天后 nextfri上", max_size=15), reference=st.dates())
def test_reading_a_day_never_fails_in_another_way(text: str, reference: date) -> None:
    with suppress(ValidationError):
        parse_day(text, reference)


@given(day=st.dates(min_value=date(1000, 1, 1)), reference=st.dates())
def test_full_day_does_not_depend_on_the_reference(day: date, reference: date) -> None:
    assert parse_day(day.isoformat(), reference) == day


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        (date(2026, 10, 1), False),  # National Day
        (date(2026, 10, 10), True),  # a Saturday worked instead
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
    ],
)
def test_shipped_calendar_knows_chinas_days_off_and_make_up_days(db: None, day: date, is_worked: bool) -> None:
    dates.load_holidays(first_year=2026, last_year=2026)
    assert dates.is_working_day(day) == is_worked


def test_loading_the_calendar_again_keeps_what_somebody_changed(db: None) -> None:
    Holiday.objects.all().delete()
    dates.load_holidays(first_year=2026, last_year=2026)
    Holiday.objects.filter(day="2026-10-01").update(is_working=True)
    assert dates.load_holidays(first_year=2026, last_year=2026) == 0
    assert dates.is_working_day(date(2026, 10, 1))


def test_deadline_on_a_day_off_moves_to_the_working_day_before(db: None) -> None:
    Holiday.objects.all().delete()
    Holiday.objects.create(day="2026-11-20", is_working=False)
    found = [dates.previous_working_day(SUNDAY), dates.previous_working_day(date(2026, 11, 19))]
    assert found == [date(2026, 11, 19), date(2026, 11, 19)]
    assert dates.next_working_day(date(2026, 11, 20)) == date(2026, 11, 23)


def test_working_days_are_counted_over_a_half_open_range(db: None) -> None:
    Holiday.objects.all().delete()
    assert dates.working_days(date(2026, 11, 16), date(2026, 11, 23)) == 5
    assert dates.add_working_days(date(2026, 11, 20), 1) == date(2026, 11, 23)
    assert dates.add_working_days(date(2026, 11, 20), 0) == date(2026, 11, 20)


@given(st.dates(min_value=date(2, 1, 1), max_value=date(9990, 1, 1)))
def test_each_day_is_in_exactly_one_week(day: date) -> None:
    week = Week.of(day)
    around = (week.shifted(-1), week, week.shifted(1))
    assert [day in one for one in around] == [False, True, False]
    assert week.end - week.start == timedelta(days=7)


def test_week_is_written_and_read() -> None:
    week = Week.of(SUNDAY)
    assert (str(week), Week.parse("2026-W47"), week.days[-1]) == ("2026-W47", week, SUNDAY)
    with pytest.raises(ValidationError):
        Week.parse("2026-W60")


def test_weeks_of_a_range() -> None:
    assert [str(week) for week in dates.weeks(SUNDAY, date(2026, 12, 1))] == ["2026-W47", "2026-W48", "2026-W49"]
