"""The browsable page of the API: made on the server from the description, without any script."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from openpsm.api.description import DescribedAPI


def page_for(api: DescribedAPI) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view that shows this API's operations by area, with their parameters, bodies and answers."""

    def docs(request: HttpRequest) -> HttpResponse:
        schema = api.get_openapi_schema()
        context = {"areas": _areas(schema), "shapes": _shapes(schema), "api": api, "title": "API"}
        return render(request, "api/docs.html", context)

    return docs


def _areas(schema: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    areas: dict[str, list[dict[str, Any]]] = {}
    for path, methods in schema["paths"].items():
        for method, described in methods.items():
            body = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            operation = {**described, "path": path, "method": method.upper(), "body": _name(body) if body else ""}
            operation["answers"] = [_answer(status, found) for status, found in described["responses"].items()]
            operation["permission"] = described.get("x-permission", "")
            areas.setdefault(described["tags"][0], []).append(operation)
    return areas


def _answer(status: int, described: dict[str, Any]) -> dict[str, Any]:
    shape = described.get("content", {}).get("application/json", {}).get("schema")
    return {"status": status, "description": described["description"], "shape": _name(shape) if shape else ""}


def _shapes(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "fields": [
                {"name": field, "type": _name(found), "is_required": field in shape.get("required", ())}
                for field, found in shape.get("properties", {}).items()
            ],
        }
        for name, shape in sorted(schema["components"]["schemas"].items())
    ]


def _name(shape: dict[str, Any]) -> str:
    """Say a JSON schema in a few words: `integer`, `list of ProjectRow`, `a | b | null`."""
    if "$ref" in shape:
        return str(shape["$ref"]).rsplit("/", 1)[-1]
    if choices := shape.get("anyOf") or shape.get("oneOf"):
        return " | ".join(_name(choice) for choice in choices)
    if values := shape.get("enum") or ([shape["const"]] if "const" in shape else None):
        return " | ".join(str(value) for value in values)
    if shape.get("type") == "array":
        return f"list of {_name(shape.get('items', {}))}"
    return " ".join(str(part) for part in (shape.get("type", "any"), shape.get("format", "")) if part)
