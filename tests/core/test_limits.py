"""Rate limits hold over threads and windows."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection

from openpsm.core import limits
from openpsm.core.errors import TooMany
from openpsm.core.models import RateBucket

MINUTE = timedelta(minutes=1)


def test_limit_refuses_the_next_try_and_says_when_to_come_back(db: None, now: datetime) -> None:
    assert [limits.hit("login ann", limit=3, per=MINUTE, at=now) for _ in range(3)] == [1, 2, 3]
    with pytest.raises(TooMany) as caught:
        limits.hit("login ann", limit=3, per=MINUTE, at=now)
    assert (caught.value.retry_after, caught.value.code) == (45, "too-many")  # 08:30:15 to 08:31:00


def test_limit_starts_anew_with_the_next_window_and_keys_are_apart(db: None, now: datetime) -> None:
    for _ in range(3):
        limits.hit("login ann", limit=3, per=MINUTE, at=now)
    assert limits.hit("login bob", limit=3, per=MINUTE, at=now) == 1
    assert limits.hit("login ann", limit=3, per=timedelta(hours=1), at=now) == 1
    assert limits.hit("login ann", limit=3, per=MINUTE, at=now + MINUTE) == 1
    assert limits.hit("login ann", limit=3, per=MINUTE, at=now) == 2  # a clock that is behind opens no new window


def test_keys_are_stored_as_digests_and_purged(db: None, now: datetime) -> None:
    limits.hit("login 10.1.2.3", limit=3, per=MINUTE, at=now)
    assert "10.1.2.3" not in RateBucket.objects.get().key
    assert (limits.purge(at=now), limits.purge(at=now + timedelta(days=3))) == (0, 1)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_limit_counts_every_try_of_a_race(now: datetime) -> None:
    counts: list[int] = []

    def knock() -> None:
        try:
            for _ in range(10):
                counts.append(limits.hit("race", limit=1000, per=MINUTE, at=now))
        finally:
            connection.close()

    threads = [threading.Thread(target=knock) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == list(range(1, 61))
