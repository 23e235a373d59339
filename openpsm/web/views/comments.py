"""Comments at a project, an account or an activity: the panel, writing, changing, deleting; and following a record."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.activities import operations
from openpsm.activities.audience import audience
from openpsm.activities.models import Comment
from openpsm.activities.operations import Posted
from openpsm.activities.operations.comments import SUBJECTS
from openpsm.insights.finding import find_people
from openpsm.org import operations as org
from openpsm.org.models import Follow, User
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.base import attempt
from openpsm.web.forms.comments import CommentForm, EditCommentForm
from openpsm.web.undo import say_undoable

SHOWN = 100
PLACES = {"project": "project-comments", "account": "account-comments", "activity": "activity-detail"}
FOLLOWED = ("project", "account")


@dataclass(frozen=True)
class Panel:
    """Ready values for `components/_comments.html`."""

    kind: str
    pk: int
    comments: list[Comment]
    form: CommentForm
    more: bool
    is_following: bool
    can_follow: bool


def panel(record: Any, user: User, form: CommentForm | None = None) -> Panel:
    """Return the comments of a record that the caller found visible, newest first (2 queries)."""
    kind = record._meta.model_name
    rows = Comment.objects.visible_to(user).filter(**{kind: record}).select_related("author").order_by("-pk")
    found = list(rows[: SHOWN + 1])
    is_following = kind in FOLLOWED and Follow.objects.visible_to(user).filter(**_subject(record)).exists()
    fresh = form or CommentForm()
    return Panel(kind, record.pk, found[:SHOWN], fresh, len(found) > SHOWN, is_following, kind in FOLLOWED)


def _subject(record: Any) -> dict[str, Any]:
    return {"subject_type": record._meta.label_lower, "subject_id": record.pk}


def place_of(comment: Comment) -> str:
    """Return the address at which a comment stands."""
    about = comment.about
    return reverse(f"web:{PLACES[about._meta.model_name or '']}", args=[about.pk]) + f"#comment-{comment.pk}"


def _find(request: UserRequest, kind: str, pk: int) -> Any:
    if kind not in SUBJECTS:
        raise Http404
    return get_object_or_404(SUBJECTS[kind].objects.visible_to(request.user), pk=pk)


def _own(request: UserRequest, pk: int) -> Comment:
    rows = Comment.objects.visible_to(request.user).with_names()
    comment: Comment = get_object_or_404(rows, pk=pk, author=request.user)
    return comment


@page(methods=("POST",))
def post(request: UserRequest, kind: str, pk: int) -> HttpResponse:
    """Write a comment; the answer is the panel anew, with who was told and who could not be."""
    record, form = _find(request, kind, pk), CommentForm(request.POST)
    posted = None
    if form.is_valid():
        text, now = form.cleaned_data["text"], timezone.now()
        posted = attempt(
            form,
            lambda: operations.post_comment(kind=kind, subject_id=pk, text=text, by=request.user, at=now),
        )
    if posted is not None:
        _say(request, posted)
    if posted is not None and not request.htmx:
        return redirect(place_of(posted.comment))
    shown = panel(record, request.user, None if posted else form)
    context = {"panel": shown, "told": request.htmx, "title": str(record)}
    status = 200 if posted else 422
    template = "components/_comments.html" if request.htmx else "today/comments.html"
    return render(request, template, context, status=status)


def _say(request: UserRequest, posted: Posted) -> None:
    if posted.told:
        names = _(", ").join(one.name for one in posted.told)
        messages.success(request, _("Told: %(names)s") % {"names": names})
    if posted.unseen:
        names = _(", ").join(one.name for one in posted.unseen)
        messages.warning(request, _("%(names)s cannot see this record and was not told.") % {"names": names})


@page(methods=("GET", "POST"))
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Change one's own words."""
    comment = _own(request, pk)
    form = EditCommentForm(request.POST or None, initial={"text": comment.text, "version": comment.version})
    home = place_of(comment)
    if request.method == "POST" and form.is_valid():
        given, now = form.cleaned_data, timezone.now()
        posted = attempt(form, lambda: operations.change_comment(comment_id=pk, by=request.user, at=now, **given))
        if posted is not None:
            _say(request, posted)
            return redirect(home)
    intro = _("What it said before stays in the history.")
    context = {"form": form, "title": _("Change the comment"), "back": home, "intro": intro}
    context["crumbs"] = [(str(comment.about), home)]
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)


@page(methods=("POST",))
def delete(request: UserRequest, pk: int) -> HttpResponse:
    """Take one's own words back."""
    comment = _own(request, pk)
    operations.delete_comment(comment_id=pk, by=request.user, at=timezone.now())
    say_undoable(request, _("The comment is deleted."), "bin-restore", "comment", pk)
    return redirect(place_of(comment).partition("#")[0])


@page()
def people(request: UserRequest, kind: str, pk: int) -> HttpResponse:
    """Answer `?q=` with colleagues who see the record, for the list behind "@"; the best eight."""
    record = _find(request, kind, pk)
    text = request.GET.get("q", "")[:60].replace("\x00", "")
    rows = find_people(text, audience(record).exclude(pk=request.user.pk).select_related("department"))
    return render(request, "components/_mentions.html", {"people": list(rows[:8]), "text": text})


@page(methods=("POST",))
def follow(request: UserRequest, kind: str, pk: int) -> HttpResponse:
    """Follow a project or account, or stop following it."""
    if kind not in FOLLOWED:
        raise Http404
    record = _find(request, kind, pk)
    if "stop" in request.POST:
        org.unfollow(**_subject(record), by=request.user)
    else:
        org.follow(**_subject(record), by=request.user, at=timezone.now())
    if request.htmx:
        context = {"panel": panel(record, request.user)}
        return render(request, "components/_follow.html", context)
    return redirect(f"web:{PLACES[kind]}", pk)
