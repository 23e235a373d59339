"""Addresses of the area `projects`."""

from django.urls import URLPattern, path

from openpsm.web.views.projects import listing, outcomes, overview

urlpatterns: list[URLPattern] = [
    path("projects", listing.project_list, name="project-list"),
    path("projects/<int:pk>", overview.detail, name="project-detail"),
    path("projects/<int:pk>/advance", overview.advance, name="project-advance"),
    path("projects/<int:pk>/stages/<slug:key>", overview.stage, name="project-stage"),
    path("projects/<int:pk>/diagnosis", overview.whole_diagnosis, name="project-diagnosis"),
    path("projects/<int:pk>/back", outcomes.back, name="project-back"),
    path("projects/<int:pk>/hold", outcomes.hold, name="project-hold"),
    path("projects/<int:pk>/resume", outcomes.resume, name="project-resume"),
    path("projects/<int:pk>/reopen", outcomes.reopen, name="project-reopen"),
    path("projects/<int:pk>/win", outcomes.win, name="project-win"),
    path("projects/<int:pk>/lose", outcomes.lose, name="project-lose"),
    path("projects/<int:pk>/drop", outcomes.drop, name="project-drop"),
    path("projects/<int:pk>/grade", outcomes.grade, name="project-grade"),
    path("projects/<int:pk>/delete", outcomes.delete, name="project-delete"),
]
