"""`Idempotency-Key`: the first answer is kept with the work in one transaction, and given again."""

import json
from collections.abc import Callable
from typing import cast

from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from pydantic_core import to_json

from openpsm.api.auth import ApiRequest
from openpsm.core import idempotency
from openpsm.core.idempotency import Answer

KEPT_HEADERS = ("Content-Type", "ETag")


class _NotKept(Exception):
    """Carries an answer out of the transaction: nothing was done, so the request may be tried again under its key."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status_code)
        self.response = response


def once(request: ApiRequest, key: str, fingerprint: str, call: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Run the call, or answer what it answered before.

    What was done is kept, and so is a refusal by a business rule (409) that left something on record. Any other refusal
    has done nothing and is not kept. Raises DomainError "idempotency-mismatch".
    """

    def work() -> Answer:
        response = cast("HttpResponse", call())  # no operation streams
        is_kept = response.status_code < 300 or response.status_code == 409
        if not is_kept or transaction.get_rollback():
            raise _NotKept(response)
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        return Answer(response.status_code, json.loads(response.content) if response.content else None, headers)

    try:
        kept = idempotency.run(user=request.auth, key=key, fingerprint=fingerprint, call=work, at=timezone.now())
    except _NotKept as refused:
        return refused.response
    body = b"" if kept.body is None else to_json(kept.body)
    response = HttpResponse(body, status=kept.status, headers=dict(kept.headers))
    if kept.is_replay:
        response.headers["Idempotency-Replayed"] = "true"
    return response
