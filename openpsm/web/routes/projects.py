"""Addresses of the area `projects`."""

from django.urls import URLPattern, path

from openpsm.web.views.projects import board, calendar, editing, listing, outcomes, overview, tabs

urlpatterns: list[URLPattern] = [
    path("projects", listing.project_list, name="project-list"),
    path("projects/calendar", calendar.calendar, name="project-calendar"),
    path("projects/board", board.board, name="project-board"),
    path("projects/board/<slug:key>/more", board.more, name="project-board-more"),
    path("projects/<int:pk>/move", board.move, name="project-move"),
    path("projects/<int:pk>", overview.detail, name="project-detail"),
    path("projects/<int:pk>/advance", overview.advance, name="project-advance"),
    path("projects/<int:pk>/stages/<slug:key>", overview.stage, name="project-stage"),
    path("projects/<int:pk>/short", overview.short, name="project-short"),
    path("projects/<int:pk>/timeline", tabs.timeline, name="project-timeline"),
    path("projects/<int:pk>/files", tabs.files, name="project-files"),
    path("projects/<int:pk>/history", tabs.history, name="project-history"),
    path("projects/<int:pk>/diagnosis", overview.whole_diagnosis, name="project-diagnosis"),
    path("projects/<int:pk>/back", outcomes.back, name="project-back"),
    path("projects/<int:pk>/hold", outcomes.hold, name="project-hold"),
    path("projects/<int:pk>/resume", outcomes.resume, name="project-resume"),
    path("projects/<int:pk>/reopen", outcomes.reopen, name="project-reopen"),
    path("projects/<int:pk>/win", outcomes.win, name="project-win"),
    path("projects/<int:pk>/lose", outcomes.lose, name="project-lose"),
    path("projects/<int:pk>/drop", outcomes.drop, name="project-drop"),
    path("projects/<int:pk>/grade", outcomes.grade, name="project-grade"),
    path("projects/<int:pk>/edit", editing.edit, name="project-edit"),
    path("projects/<int:pk>/step", editing.step, name="project-step"),
    path("projects/<int:pk>/confirm/<slug:key>", editing.confirm, name="project-confirm"),
    path("projects/<int:pk>/team", editing.team, name="project-team"),
    path("projects/<int:pk>/team/<int:user_id>/remove", editing.team_remove, name="project-team-remove"),
    path("projects/<int:pk>/parties", editing.parties, name="project-parties"),
    path(
        "projects/<int:pk>/parties/<int:account_id>/<slug:role>/remove",
        editing.party_remove,
        name="project-party-remove",
    ),
    path("projects/<int:pk>/delete", outcomes.delete, name="project-delete"),
]
