"""Addresses: pages at the root, the API below /api/v1."""

from django.urls import include, path

from openpsm.api.app import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("", include("openpsm.web.urls")),
]
handler400 = "openpsm.web.views.errors.bad_request"
handler403 = "openpsm.web.views.errors.forbidden"
handler404 = "openpsm.web.views.errors.not_found"
handler500 = "openpsm.web.views.errors.server_error"
