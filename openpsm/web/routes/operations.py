"""Addresses of the area `operations`: for whoever watches over the program."""

from django.urls import URLPattern, path

from openpsm.web.views import health

urlpatterns: list[URLPattern] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
