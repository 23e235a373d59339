"""Addresses of the area `profile`: one's own settings."""

from django.urls import URLPattern, path

from openpsm.web.views import profile

urlpatterns: list[URLPattern] = [
    path("profile", profile.profile, name="profile"),
    path("profile/data", profile.my_data, name="my-data"),
    path("profile/sessions/end-others", profile.end_other_sessions, name="session-end-others"),
    path("profile/sessions/<slug:session>/end", profile.end_session, name="session-end"),
    path("profile/tokens/new", profile.make_token, name="token-new"),
    path("profile/tokens/<int:pk>/revoke", profile.revoke_token, name="token-revoke"),
]
