"""Addresses of the area `signin`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
