"""Addresses of the area `buying`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
