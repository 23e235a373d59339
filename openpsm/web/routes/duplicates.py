"""Addresses of the workbench of duplicates."""

from django.urls import URLPattern, path

from openpsm.web.views.duplicates import comparing, listing, searching

urlpatterns: list[URLPattern] = [
    path("duplicates", listing.duplicate_list, name="duplicate-list"),
    path("duplicates/search", searching.search, name="duplicate-search"),
    path("duplicates/<int:pk>", comparing.detail, name="duplicate-detail"),
    path("duplicates/<int:pk>/apart", comparing.apart, name="duplicate-apart"),
    path("duplicates/<int:pk>/link", comparing.link, name="duplicate-link"),
    path("duplicates/<int:pk>/merge", comparing.merge, name="duplicate-merge"),
    path("duplicates/<int:pk>/undo", comparing.undo, name="duplicate-undo"),
    path("accounts/<int:pk>/alike", searching.alike, name="account-alike"),
]
