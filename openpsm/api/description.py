"""The description at /openapi.json: what ninja knows, and what our frame adds to every operation."""

from typing import Any

from ninja import NinjaAPI
from ninja.errors import ConfigError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from openpsm.api.frame import OPEN, Declared, declared_by
from openpsm.api.problems import CONTENT_TYPE, TITLES

_PROBLEM = {
    "title": "Problem",
    "description": "RFC 9457 problem details; some codes bring members of their own, such as `hits` or `key_nodes`.",
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "code", "detail"],
}
_IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "description": "The version you saw, as `ETag` gave it. 428 without it, 412 if somebody else was faster.",
    "schema": {"type": "string", "pattern": '^"[1-9][0-9]{0,8}"$'},
}
_IDEMPOTENCY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "The same key and request within 7 days answer the first result again.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}


class DescribedAPI(NinjaAPI):
    """A NinjaAPI whose description tells everything that our frame asks and answers."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        operations = {self.get_openapi_operation_id(op): op for op in self.operations()}
        schema["components"]["schemas"]["Problem"] = _PROBLEM
        for path in schema["paths"].values():
            for method, described in path.items():
                _complete(described, method, operations[described["operationId"]])
        return schema

    def operations(self) -> list[Operation]:
        """All operations with their areas' settings applied."""
        routers = self._get_bound_routers()
        return [op for router in routers for view in router.path_operations.values() for op in view.operations]

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Name an operation after its area and function: `projects.advance`."""
        view = operation.view_func
        return f"{view.__module__.rsplit('.', 1)[-1]}.{view.__name__}"


def _complete(described: dict[str, Any], method: str, operation: Operation) -> None:
    declared = declared_by(operation)
    if declared is None:
        raise ConfigError(f"{described['operationId']} declares no permission")
    known = [_without_null(parameter) for parameter in described.get("parameters", [])]
    described["parameters"] = [*known, *_headers(method, declared)]
    if declared.permission != OPEN:
        described["x-permission"] = str(declared.permission)
    for status in _statuses(described, method, declared):
        content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        described["responses"].setdefault(status, {"description": str(TITLES[status]), "content": content})


def _without_null(parameter: dict[str, Any]) -> dict[str, Any]:
    """An optional filter is left out; nobody can send null in an address."""
    schema = dict(parameter["schema"])
    choices = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
    return {**parameter, "schema": {**schema, **choices[0]} if len(choices) == 1 else parameter["schema"]}


def _headers(method: str, declared: Declared) -> list[dict[str, Any]]:
    return [_IF_MATCH] * declared.is_versioned + [_IDEMPOTENCY] * (method == "post")


def _statuses(described: dict[str, Any], method: str, declared: Declared) -> list[int]:
    found = {400, 401, 403, 404, 422, 429, 503}
    if method != "get":
        found |= {409, 413, 415}
    if declared.is_versioned:
        found |= {412, 428}
    return sorted(found)
