"""Addresses of the area `settings`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
