"""Addresses of the area `customers`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
