"""Addresses of the user guide."""

from django.urls import URLPattern, path

from openpsm.web.views import guide

urlpatterns: list[URLPattern] = [
    path("guide", guide.guide, name="guide"),
    path("guide/pictures/<slug:language>/<slug:name>.webp", guide.picture, name="guide-picture"),
    path("guide/<slug:key>", guide.guide, name="guide-page"),
]
