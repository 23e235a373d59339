"""Requests with an idempotency key: done once, however often they are sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.models.requests import IdempotencyKey

LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered: the body as JSON values."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_replay: bool = False


def run(
    *, user: AbstractBaseUser, key: str, fingerprint: str | bytes, call: Callable[[], Answer], at: datetime
) -> Answer:
    """Do the work and keep its answer in one transaction, or give the kept answer again.

    `fingerprint` is method, path and body. `call` turns refusals into answers itself: an exception rolls back the
    work and keeps nothing. Of two requests at once the second waits and then replays. The same key with another
    fingerprint raises DomainError "idempotency-mismatch".
    """
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise InvalidInput({"Idempotency-Key": _("The key must have 1 to 255 printable characters.")})
    raw = fingerprint.encode("utf-8", "surrogatepass") if isinstance(fingerprint, str) else fingerprint
    digest = hashlib.sha256(raw).hexdigest()
    with transaction.atomic():
        row, is_new = _reserved(user, key, digest, at)
        if not is_new:
            return _replay(row, digest)
        answer = call()
        row.status, row.body, row.headers = answer.status, answer.body, dict(answer.headers)
        row.save(update_fields=["status", "body", "headers"])
    return answer


def _reserved(user: AbstractBaseUser, key: str, digest: str, at: datetime) -> tuple[IdempotencyKey, bool]:
    """Insert the row; where somebody is just at it, the unique constraint waits for the end of that transaction."""
    there = IdempotencyKey.objects.filter(user_id=user.pk, key=key)
    if found := there.first():
        return found, False
    row = IdempotencyKey(user_id=user.pk, key=key, request_hash=digest, status=0, created_at=at)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return there.get(), False
    return row, True


def _replay(row: IdempotencyKey, digest: str) -> Answer:
    if row.request_hash != digest:
        message = _("This idempotency key was used for another request.")
        raise DomainError(message, code="idempotency-mismatch")
    return Answer(row.status, row.body, row.headers, is_replay=True)
