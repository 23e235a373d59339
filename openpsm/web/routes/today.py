"""Addresses of the area `today`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
