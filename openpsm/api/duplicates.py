"""Duplicates: pairs of accounts that look alike, merging two accounts, taking that back."""

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query
from pydantic import Field

from openpsm.accounts.models import AccountName
from openpsm.api.accounts import ACCOUNT, AccountOut
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import area, permission
from openpsm.api.lists import Listing
from openpsm.api.schemas import Id, In, Key, ListQuery, OneOf, Out, Page, sorts
from openpsm.duplicates import operations
from openpsm.duplicates.models import DuplicatePair, Merge, PairClass, PairState
from openpsm.org.permissions import Permission

router = area("accounts")
MAY = Permission.ACCOUNT_MERGE


class DuplicateOut(Out):
    """Two accounts that look alike; `reasons` are the kinds of fields that agree."""

    id: int
    version: int
    one_id: int
    one_name: str
    other_id: int
    other_name: str
    cls: Annotated[str, OneOf(PairClass)]
    score: int
    reasons: list[str]
    state: Annotated[str, OneOf(PairState)]
    remark: str
    decided_by_id: int | None
    decided_at: datetime | None
    created_at: datetime


class DuplicateQuery(ListQuery):
    """Filters of pairs."""

    cls: Annotated[str, OneOf(PairClass)] | None = None
    state: Annotated[str, OneOf(PairState)] | None = None
    one_id: Id | None = None
    other_id: Id | None = None
    sort: Annotated[str, sorts("score", "id")] = "-score"


class MergeIn(In):
    """The account that becomes part of this one; `values` says by field whose value wins, see the preview's names."""

    other_id: Id
    other_version: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    values: Annotated[dict[Key, Literal["kept", "gone"]], Field(max_length=200)] = {}
    name_kind: Annotated[str, OneOf(AccountName.Kind)] = AccountName.Kind.ALIAS.value


DUPLICATES = Listing(
    DuplicatePair,
    DuplicateOut,
    aliases={"one_name": "one__name", "other_name": "other__name"},
    sorts={"score": "score", "id": "id"},
)


@router.get("/duplicates", response=Page[DuplicateOut])
@permission(MAY)
def duplicates(request: ApiRequest, query: Query[DuplicateQuery]) -> HttpResponse:
    """List the pairs of accounts that you see and that look alike, the most alike first."""
    return DUPLICATES.page(request, query)


@router.post("/{id:pk}/merge", response=AccountOut)
@permission(MAY, versioned=True)
def merge(request: ApiRequest, pk: Id, body: MergeIn) -> HttpResponse:
    """Make another account part of this one; 409 with the code of what forbids it, such as `two-legal-persons`."""
    made = operations.merge_accounts(
        kept_id=pk,
        gone_id=body.other_id,
        values=body.values,
        name_kind=body.name_kind,
        by=request.auth,
        at=timezone.now(),
        version=request.version,
        gone_version=body.other_version,
    )
    return ACCOUNT.written(request, made.kept_id)


@router.post("/{id:pk}/unmerge", response={200: AccountOut, 204: None})
@permission(MAY)
def unmerge(request: ApiRequest, pk: Id) -> HttpResponse:
    """Take the merge back by which this account became part of another one."""
    made = get_object_or_404(Merge.objects.visible_to(request.auth).standing(), gone=pk)
    return ACCOUNT.written(request, operations.undo_merge(merge_id=made.pk, by=request.auth, at=timezone.now()))
