"""Addresses of the area `today`: the day, tasks, approvals, absences, notifications."""

from django.urls import URLPattern, path

from openpsm.web.views import absences, approval_listing, approvals, notifications, task_listing, tasks, team, today

urlpatterns: list[URLPattern] = [
    path("today", today.today, name="today"),
    path("today/snooze/<slug:kind>/<int:pk>", today.snooze, name="today-snooze"),
    path("team", team.team, name="team"),
    path("more", today.more, name="more"),
    path("tasks", task_listing.task_list, name="task-list"),
    path("tasks/new", tasks.new, name="task-new"),
    path("tasks/<int:pk>", tasks.detail, name="task-detail"),
    path("tasks/<int:pk>/complete", tasks.complete, name="task-complete"),
    path("tasks/<int:pk>/drop", tasks.drop, name="task-drop"),
    path("tasks/<int:pk>/reopen", tasks.reopen, name="task-reopen"),
    path("tasks/<int:pk>/reassign", tasks.reassign, name="task-reassign"),
    path("approvals", approval_listing.approval_list, name="approval-list"),
    path("approvals/<int:pk>", approvals.detail, name="approval-detail"),
    path("approvals/<int:pk>/decide", approvals.decide, name="approval-decide"),
    path("approvals/<int:pk>/reviewers", approvals.reviewer, name="approval-reviewer"),
    path("approvals/<int:pk>/withdraw", approvals.withdraw, name="approval-withdraw"),
    path("profile/absence", absences.absence, name="absence"),
    path("profile/absence/end", absences.end, name="absence-end"),
    path("notifications", notifications.notification_list, name="notification-list"),
    path("notifications/read", notifications.mark_all_read, name="notification-read-all"),
    path("notifications/<int:pk>/open", notifications.open_one, name="notification-open"),
]
