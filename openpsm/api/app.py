"""The REST API below /api/v1: one router for each area over the same operations that the pages call."""

from ninja import NinjaAPI

api = NinjaAPI(title="OpenPSM", version="1", urls_namespace="api", docs_url=None, openapi_url="/openapi.json")
