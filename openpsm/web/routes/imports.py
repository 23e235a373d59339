"""Addresses of the area `imports`: tables in and out."""

from django.urls import URLPattern, path

from openpsm.web.views import imports

urlpatterns: list[URLPattern] = [
    path("settings/imports", imports.import_list, name="import-list"),
    path("settings/imports/new", imports.new, name="import-new"),
    path("settings/imports/template/<str:kind>", imports.template, name="import-template"),
    path("settings/imports/<int:pk>", imports.detail, name="import-detail"),
    path("settings/imports/<int:pk>/map", imports.map_columns, name="import-map"),
    path("settings/imports/<int:pk>/publish", imports.publish, name="import-publish"),
    path("settings/imports/<int:pk>/undo", imports.undo, name="import-undo"),
    path("settings/imports/<int:pk>/discard", imports.discard, name="import-discard"),
    path("settings/imports/<int:pk>/errors", imports.errors, name="import-errors"),
    path("settings/exports", imports.exports_page, name="export-list"),
    path("settings/exports/<str:kind>", imports.export, name="export-kind"),
]
