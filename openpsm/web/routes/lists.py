"""Addresses around every list: filters, columns, views."""

from django.urls import URLPattern, path

from openpsm.web.views.lists import bulk, cells, choosing, exporting, views

urlpatterns: list[URLPattern] = [
    path("lists/<slug:listing>/menu", choosing.menu, name="list-menu"),
    path("lists/<slug:listing>/filters", choosing.filters, name="list-filters"),
    path("lists/<slug:listing>/filters/<str:name>", choosing.ask, name="list-filter"),
    path("lists/<slug:listing>/columns", choosing.columns, name="list-columns"),
    path("lists/<slug:listing>/views/new", views.new, name="view-new"),
    path("lists/<slug:listing>/views/first", views.default, name="view-default"),
    path("lists/<slug:listing>/export", exporting.export, name="list-export"),
    path("lists/<slug:listing>/bulk", bulk.choose, name="bulk-choose"),
    path("lists/<slug:listing>/bulk/<slug:action>", bulk.ask, name="bulk-ask"),
    path("lists/<slug:listing>/cells/<int:pk>/<str:column>", cells.cell, name="list-cell"),
    path("bulk/<int:pk>", bulk.report, name="bulk"),
    path("bulk/<int:pk>/undo", bulk.undo, name="bulk-undo"),
    path("exports/<uuid:pk>", exporting.show, name="export"),
    path("exports/<uuid:pk>/file", exporting.download, name="export-file"),
    path("views/<int:pk>", views.edit, name="view-edit"),
    path("views/<int:pk>/keep", views.keep, name="view-keep"),
    path("views/<int:pk>/delete", views.delete, name="view-delete"),
]
