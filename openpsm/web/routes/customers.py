"""Addresses of accounts, contacts, registrations, products, pickers and files."""

from django.urls import URLPattern, path

from openpsm.web.views import files, pickers

urlpatterns: list[URLPattern] = [
    path("pick/<slug:source>", pickers.pick, name="pick"),
    path("files/<slug:kind>/<int:pk>", files.upload, name="file-upload"),
    path("files/<int:pk>", files.download, name="file-download"),
    path("files/<int:pk>/delete", files.delete, name="file-delete"),
]
