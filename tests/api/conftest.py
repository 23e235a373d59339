"""A client that speaks JSON with a token and holds every answer against the description."""

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from jsonschema_rs import validator_for

from openpsm.api.app import api
from openpsm.org.models import User
from openpsm.org.operations import make_token


@cache
def _schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    return found


@dataclass
class Answer:
    """An answer with its body read."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def etag(self) -> str:
        return self.headers["ETag"]


@dataclass
class ApiClient:
    """Calls the API as one user; without a user as a stranger."""

    user: User | None = None
    is_read_only: bool = False
    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))
    token: str = ""

    def __post_init__(self) -> None:
        if self.user and not self.token:
            _kept, self.token = make_token(name="test", by=self.user, at=timezone.now(), is_read_only=self.is_read_only)

    def call(self, method: str, path: str, body: Any = None, **headers: Any) -> Answer:
        sent = {key.replace("_", "-"): str(value) for key, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        found = self.client.generic(
            method, f"/api/v1{path}", data, content_type="application/json" if data else "", headers=sent
        )
        answer = Answer(found.status_code, json.loads(found.content) if found.content else None, dict(found.headers))
        _require_described(method, path.split("?")[0], answer)
        return answer

    def get(self, path: str, **headers: Any) -> Answer:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: Any) -> Answer:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: Any) -> Answer:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: Any) -> Answer:
        return self.call("DELETE", path, **headers)


def _require_described(method: str, path: str, answer: Answer) -> None:
    """Fail if the description does not have this status, media type or shape."""
    described = _described(method.lower(), f"/api/v1{path}")
    if described is None:
        assert answer.status in (404, 405), (method, path, answer)
        return
    found = described["responses"].get(str(answer.status))
    assert found is not None, f"{method} {path}: {answer.status} is not described: {answer.body}"
    if answer.body is None:
        assert "content" not in found
        return
    media = answer.headers["Content-Type"].split(";")[0]
    shape = {**found["content"][media]["schema"], "components": _schema()["components"]}
    problems = [f"{list(one.instance_path)}: {one.message}" for one in validator_for(shape).iter_errors(answer.body)]
    assert problems == [], f"{method} {path}: {problems}"


def _described(method: str, path: str) -> dict[str, Any] | None:
    parts = path.strip("/").split("/")
    for known, methods in sorted(_schema()["paths"].items(), key=lambda item: item[0].count("{")):
        names = known.strip("/").split("/")
        fits = len(names) == len(parts) and all(
            name == part or (name.startswith("{") and part.isdigit()) for name, part in zip(names, parts, strict=True)
        )
        if fits:
            found: dict[str, Any] | None = methods.get(method)
            return found
    return None


@pytest.fixture
def anonymous(db: None) -> ApiClient:
    return ApiClient()
