"""A request with a key is done once."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection

from openpsm.core import idempotency
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.idempotency import Answer
from openpsm.core.jobs import housekeeping
from openpsm.core.models import Holiday, IdempotencyKey

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)


def create_day() -> Answer:
    day = Holiday.objects.create(day=datetime(2050, 3, 1).date() + timedelta(days=Holiday.objects.count()))
    return Answer(201, {"id": day.pk}, {"Location": f"/days/{day.pk}"})


def send(user: AbstractBaseUser, key: str = "k1", body: str = "POST /days {}") -> Answer:
    return idempotency.run(user=user, key=key, fingerprint=body, call=create_day, at=AT)


def test_repeated_request_gets_the_first_answer(person: AbstractBaseUser) -> None:
    before = Holiday.objects.count()
    first, again = send(person), send(person)
    assert (again.status, again.body, again.headers, again.is_replay) == (201, first.body, first.headers, True)
    assert (first.is_replay, Holiday.objects.count() - before) == (False, 1)


def test_keys_belong_to_their_users(person: AbstractBaseUser) -> None:
    other = get_user_model().objects.create(username="bob", name="Bob")
    assert send(person).body != send(other).body


def test_same_key_for_another_request_is_refused(person: AbstractBaseUser) -> None:
    send(person)
    with pytest.raises(DomainError) as caught:
        send(person, body="POST /days {1}")
    assert caught.value.code == "idempotency-mismatch"


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb"])
def test_unfit_key_is_refused(person: AbstractBaseUser, key: str) -> None:
    with pytest.raises(InvalidInput):
        send(person, key=key)


def test_failed_request_keeps_nothing(person: AbstractBaseUser) -> None:
    before = Holiday.objects.count()

    def fail() -> Answer:
        create_day()
        raise DomainError("no")

    with pytest.raises(DomainError):
        idempotency.run(user=person, key="k", fingerprint="", call=fail, at=AT)
    assert (Holiday.objects.count(), IdempotencyKey.objects.count()) == (before, 0)


def test_answers_are_forgotten_after_seven_days(person: AbstractBaseUser) -> None:
    send(person)
    housekeeping.purge.call()
    kept = IdempotencyKey.objects.count()
    IdempotencyKey.objects.update(created_at=datetime.now(UTC) - timedelta(days=7, minutes=1))
    housekeeping.purge.call()
    assert (kept, IdempotencyKey.objects.count()) == (1 if datetime.now(UTC) - AT < timedelta(days=7) else 0, 0)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_requests_at_once_one_runs_and_the_other_replays() -> None:
    user = get_user_model().objects.create(username="ann", name="Ann")
    ran: list[int] = []
    answers: list[Answer] = []

    def slow() -> Answer:
        ran.append(1)
        time.sleep(0.2)
        return Answer(201, {"ran": len(ran)})

    def request() -> None:
        try:
            answers.append(idempotency.run(user=user, key="k", fingerprint="x", call=slow, at=AT))
        finally:
            connection.close()

    threads = [threading.Thread(target=request) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(ran), [answer.body for answer in answers]) == (1, [{"ran": 1}] * 4)
    assert sorted(answer.is_replay for answer in answers) == [False, True, True, True]
