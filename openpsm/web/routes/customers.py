"""Addresses of the area `customers`: accounts, contacts, registrations, products, pickers, files."""

from django.urls import URLPattern, path

from openpsm.web.views import pickers

urlpatterns: list[URLPattern] = [
    path("pick/<slug:source>", pickers.pick, name="pick"),
]
