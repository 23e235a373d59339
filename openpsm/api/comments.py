"""Comments at projects, accounts and activities."""

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import Field

from openpsm.activities import operations
from openpsm.activities.models import Comment, CommentMention
from openpsm.activities.operations import Posted
from openpsm.api.answers import answer, gone
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing, Row
from openpsm.api.schemas import NO_NUL, Id, In, ListQuery, Out, Page, sorts
from openpsm.org.models import User

router = area("comments")
Words = Annotated[str, Field(min_length=1, max_length=5000, pattern=NO_NUL)]


class CommentOut(Out):
    """A comment at exactly one of project, account and activity; `mentioned_ids` are the people it names and told."""

    id: int
    version: int
    project_id: int | None
    account_id: int | None
    activity_id: int | None
    author_id: int
    author_name: str
    text: str
    mentioned_ids: list[int]
    edited_at: datetime | None
    created_at: datetime
    updated_at: datetime


class PostedOut(CommentOut):
    """The comment as it stands now; `unseen_ids` are people it names who do not see the record and were not told."""

    unseen_ids: list[int]


class CommentQuery(ListQuery):
    """Filters of comments."""

    project_id: Id | None = None
    account_id: Id | None = None
    activity_id: Id | None = None
    author_id: Id | None = None
    sort: Annotated[str, sorts("id")] = "-id"


class CommentIn(In):
    """What to say at which record; "@" and a name or user name tells a colleague who sees it."""

    kind: Literal["project", "account", "activity"]
    subject_id: Id
    text: Words


class WordsIn(In):
    """The words in place of those that stand there."""

    text: Words


def _with_mentions(rows: list[Row], _user: User) -> list[Row]:
    """Add who is named (1 query)."""
    ids = [row["id"] for row in rows]
    found = CommentMention.objects.filter(comment__in=ids).order_by("pk").values_list("comment_id", "user_id")
    named: dict[int, list[int]] = {}
    for comment, user in found:
        named.setdefault(comment, []).append(user)
    return [row | {"mentioned_ids": named.get(row["id"], [])} for row in rows]


COMMENTS = Listing(
    Comment,
    CommentOut,
    aliases={"author_name": "author__name"},
    made=frozenset({"mentioned_ids"}),
    finish=_with_mentions,
    sorts={"id": "id"},
)


@router.get("", response=Page[CommentOut])
@permission(OPEN)
def comments(request: ApiRequest, query: Query[CommentQuery]) -> HttpResponse:
    """List the comments at records that you see, newest first."""
    return COMMENTS.page(request, query)


@router.post("", response={201: PostedOut})
@permission(OPEN)
def post(request: ApiRequest, body: CommentIn) -> HttpResponse:
    """Write a comment; people it names and followers of the record find it in their bell, as far as they see it."""
    posted = operations.post_comment(**body.model_dump(), by=request.auth, at=timezone.now())
    return _answered(request, posted, status=201)


def _answered(request: ApiRequest, posted: Posted, *, status: int = 200) -> HttpResponse:
    row = COMMENTS.one(request.auth, posted.comment.pk)
    return answer(row | {"unseen_ids": [one.pk for one in posted.unseen]}, status=status)


@router.get("/{id:pk}", response=CommentOut)
@permission(OPEN)
def comment(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show a comment."""
    return COMMENTS.show(request, pk)


@router.patch("/{id:pk}", response=PostedOut)
@permission(OPEN, versioned=True)
def change(request: ApiRequest, pk: Id, body: WordsIn) -> HttpResponse:
    """Change your own words; what they were stays in the history."""
    now = timezone.now()
    posted = operations.change_comment(comment_id=pk, text=body.text, by=request.auth, at=now, version=request.version)
    return _answered(request, posted)


@router.delete("/{id:pk}", response={204: None})
@permission(OPEN, versioned=True)
def delete(request: ApiRequest, pk: Id) -> HttpResponse:
    """Take your own words back."""
    operations.delete_comment(comment_id=pk, by=request.auth, at=timezone.now(), version=request.version)
    return gone()


@router.post("/{id:pk}/restore", response=CommentOut)
@permission(OPEN)
def restore(request: ApiRequest, pk: Id) -> HttpResponse:
    """Put your own deleted words back."""
    return COMMENTS.written(request, operations.restore_comment(comment_id=pk, by=request.auth, at=timezone.now()))
