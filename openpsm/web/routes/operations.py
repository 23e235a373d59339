"""Addresses of the area `operations`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
