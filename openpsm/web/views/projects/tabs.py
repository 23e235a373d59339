"""The tabs of a project that show what others wrote: timeline, files, history."""

from django.http import HttpResponse
from django.shortcuts import render

from openpsm.activities import queries as activities
from openpsm.projects import queries
from openpsm.web import history as histories
from openpsm.web.access import UserRequest, page
from openpsm.web.views import comments as comment_views
from openpsm.web.views import files as file_views
from openpsm.web.views.projects import frame


@page()
def timeline(request: UserRequest, pk: int) -> HttpResponse:
    """Everything done with the customer, newest first, and the tries at the gates."""
    project = frame.find(request, pk)
    context = frame.context(request, project, "timeline")
    context |= {
        "activities": activities.timeline(project, user=request.user, limit=200),
        "reviews": list(queries.reviews(project)[:100]),
        "confirmations": list(queries.confirmations(project)[:100]),
    }
    return render(request, "projects/timeline.html", context)


@page()
def files(request: UserRequest, pk: int) -> HttpResponse:
    """The project's files."""
    project = frame.find(request, pk)
    context = frame.context(request, project, "files")
    return render(request, "projects/files.html", context | file_views.context(project, request.user))


@page()
def comments(request: UserRequest, pk: int) -> HttpResponse:
    """What colleagues wrote at the project (2 queries beside the head's)."""
    project = frame.find(request, pk)
    context = frame.context(request, project, "comments")
    return render(request, "projects/comments.html", context | {"panel": comment_views.panel(project, request.user)})


@page()
def history(request: UserRequest, pk: int) -> HttpResponse:
    """Who did what when."""
    project = frame.find(request, pk)
    context = frame.context(request, project, "history")
    before = request.GET.get("before", "")
    start = int(before) if before.isdecimal() and len(before) < 19 else None
    context |= {"history": histories.history_of(project, user=request.user, before=start), "history_url": request.path}
    return render(request, "projects/history.html", context)
