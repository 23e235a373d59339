"""Whether the program lives and can serve, for whoever watches over it; strangers learn nothing else."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from openpsm.core import health
from openpsm.web.access import page


@page(is_open=True)
def healthz(_request: HttpRequest) -> HttpResponse:
    """Say that the process answers (no query)."""
    return JsonResponse(health.liveness())


@page(is_open=True)
def readyz(_request: HttpRequest) -> HttpResponse:
    """Say in one word whether requests can be served: ok, degraded (no worker), or unavailable with 503."""
    status = health.readiness(timezone.now())["status"]
    return JsonResponse({"status": status}, status=503 if status == "unavailable" else 200)
