"""Addresses of the area `guide`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
