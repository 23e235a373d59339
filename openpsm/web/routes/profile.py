"""Addresses of the area `profile`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
