"""Addresses of the area `signin`."""

from django.urls import URLPattern, path

from openpsm.web.views import passwords, signin

urlpatterns: list[URLPattern] = [
    path("", signin.start, name="start"),
    path("login", signin.login, name="login"),
    path("setup", signin.setup, name="setup"),
    path("logout", signin.logout, name="logout"),
    path("language", signin.language, name="language"),
    path("theme", signin.theme, name="theme"),
    path("password", passwords.change, name="password"),
    path("password/reset", passwords.ask, name="password-reset"),
    path("password/reset/<str:uid>/<str:token>", passwords.reset, name="password-reset-link"),
]
