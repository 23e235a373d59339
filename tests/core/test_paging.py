"""Counting behind a page: what the page shows already is not asked for again."""

from __future__ import annotations

import pytest

from openpsm.core import paging
from openpsm.core.models import Holiday

pytestmark = pytest.mark.django_db
ORDER = paging.order_of("day", {"day": "day"}, "day")


def days(number: int) -> None:
    Holiday.objects.bulk_create(Holiday(day=f"2031-01-{day:02}") for day in range(1, number + 1))


@pytest.mark.parametrize(("number", "queries"), [(0, 0), (3, 0), (4, 1)])
def test_a_page_that_holds_everything_is_its_own_count(number, queries, django_assert_num_queries) -> None:
    days(number)
    rows = Holiday.objects.filter(day__year=2031)
    page = paging.take(rows, order=ORDER, cursor="", limit=3)
    with django_assert_num_queries(queries):
        assert paging.count_of(page, lambda: paging.capped_count(rows), cursor="") == number


def test_a_later_page_counts_all_rows(django_assert_num_queries) -> None:
    days(4)
    rows = Holiday.objects.filter(day__year=2031)
    first = paging.take(rows, order=ORDER, cursor="", limit=3)
    last = paging.take(rows, order=ORDER, cursor=first.next, limit=3)
    with django_assert_num_queries(1):
        assert (len(last.rows), paging.count_of(last, lambda: paging.capped_count(rows), cursor=first.next)) == (1, 4)
