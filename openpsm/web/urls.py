"""The pages: one module of routes per area."""

from importlib import import_module

from django.urls import URLPattern

app_name = "web"
AREAS = (
    "signin",
    "profile",
    "today",
    "settings",
    "imports",
    "projects",
    "customers",
    "duplicates",
    "buying",
    "activities",
    "guide",
    "lists",
    "everywhere",
    "operations",
)
urlpatterns: list[URLPattern] = [
    route for area in AREAS for route in import_module(f"openpsm.web.routes.{area}").urlpatterns
]
