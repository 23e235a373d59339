"""Addresses of the area `activities`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
