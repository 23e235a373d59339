"""Addresses of activities."""

from django.urls import URLPattern, path

from openpsm.web.views import activities, activity_listing

urlpatterns: list[URLPattern] = [
    path("activities", activity_listing.activity_list, name="activity-list"),
    path("activities/log", activities.log, name="activity-log"),
    path("activities/plan", activities.plan, name="activity-plan"),
    path("activities/<int:pk>", activities.detail, name="activity-detail"),
    path("activities/<int:pk>/complete", activities.complete, name="activity-complete"),
    path("activities/<int:pk>/cancel", activities.cancel, name="activity-cancel"),
    path("activities/<int:pk>/confirm", activities.confirm, name="activity-confirm"),
    path("activities/<int:pk>/delete", activities.delete, name="activity-delete"),
]
