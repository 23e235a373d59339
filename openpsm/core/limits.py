"""Rate limits that hold over all processes: counters in the database, raised by one statement."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from openpsm.core.errors import TooMany
from openpsm.core.models.requests import RateBucket

_RAISE = """
    INSERT INTO core_ratebucket (key, window_start, count) VALUES (%s, %s, 1)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN core_ratebucket.window_start >= excluded.window_start
                THEN core_ratebucket.count + 1 ELSE 1 END,
        window_start = CASE WHEN core_ratebucket.window_start >= excluded.window_start
                       THEN core_ratebucket.window_start ELSE excluded.window_start END
    RETURNING count
"""


def hit(key: str, *, limit: int, per: timedelta, at: datetime) -> int:
    """Count a try and return how many there were in this window; raises TooMany beyond the limit.

    Windows of the length `per` follow each other without gap. Call it before the business transaction, so that the
    count survives when that one fails. Keys are stored as digests: they may hold addresses. 1 statement.
    """
    length = int(per.total_seconds())
    start = int(at.timestamp()) // length * length
    field = RateBucket._meta.get_field("window_start")
    moment = field.get_db_prep_value(datetime.fromtimestamp(start, at.tzinfo), connection)
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, [hashlib.sha256(f"{length} {key}".encode()).hexdigest(), moment])
        count = int(cursor.fetchone()[0])
    if count > limit:
        raise TooMany(retry_after=max(1, start + length - int(at.timestamp())))
    return count


def used(key: str, *, per: timedelta, at: datetime) -> int:
    """Return how many tries the current window has counted, without counting one (1 query)."""
    length = int(per.total_seconds())
    start = datetime.fromtimestamp(int(at.timestamp()) // length * length, at.tzinfo)
    digest = hashlib.sha256(f"{length} {key}".encode()).hexdigest()
    counts = RateBucket.objects.filter(key=digest, window_start=start).values_list("count", flat=True)
    return counts.first() or 0


def forgive(key: str, *, per: timedelta, at: datetime) -> None:
    """Take back one counted try of the current window, because it turned out to be a good one. 1 statement."""
    length = int(per.total_seconds())
    start = datetime.fromtimestamp(int(at.timestamp()) // length * length, at.tzinfo)
    digest = hashlib.sha256(f"{length} {key}".encode()).hexdigest()
    RateBucket.objects.filter(key=digest, window_start=start, count__gt=0).update(count=F("count") - 1)


def purge(*, at: datetime) -> int:
    """Forget the windows that began more than two days ago."""
    deleted, _by_model = RateBucket.objects.filter(window_start__lt=at - timedelta(days=2)).delete()
    return deleted
