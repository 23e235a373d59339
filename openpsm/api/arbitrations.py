"""Arbitrations: two claims on one thing, and who decides between them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from openpsm.accounts.models import Account
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing, Row
from openpsm.api.registrations import AccountClaimIn, Kind, ProjectClaimIn, claim_of
from openpsm.api.schemas import Flag, Id, In, ListQuery, Long, Out, Page, Quantity, Reason, sorts
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project
from openpsm.registrations import operations
from openpsm.registrations.matching import ProjectClaim
from openpsm.registrations.models import Arbitration

router = area("registrations")
Chance = Annotated[int, Field(ge=0, le=100)]


class ArbitrationOut(Out):
    """Two claims; `claim_id` is the registration that waits, `share_rate` the assistant's part of the commission."""

    id: int
    version: int
    kind: Kind
    name: str
    claim_id: int
    asker_id: int
    asker_name: str
    holder_id: int
    holder_name: str
    asked_at: datetime
    held_since: datetime | None
    main_id: int | None
    assistant_id: int | None
    share_rate: Decimal | None
    asker_likelihood: int | None
    holder_likelihood: int | None
    reason: str
    decided_by_id: int | None
    decided_at: datetime | None
    ended_at: datetime | None


class ArbitrationQuery(ListQuery):
    """Filters of arbitrations."""

    is_open: Flag | None = None
    sort: Annotated[str, sorts("id")] = "-id"


class ContestIn(In):
    """The claim as it was refused, the key of the hit that stopped it, and what speaks for it."""

    account: AccountClaimIn | None = None
    project: ProjectClaimIn | None = None
    hit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{20}$")]
    evidence: Long = ""


class EvidenceIn(In):
    """What speaks for your own claim."""

    evidence: Long


class SettleIn(In):
    """The main owner, the chance with either in per cent, and the other one's share in per cent, null for none."""

    main_id: Id
    share: Quantity | None = None
    asker_likelihood: Chance
    holder_likelihood: Chance
    reason: Reason


def _masked(rows: list[Row], user: User) -> list[Row]:
    """Since when the owner holds it is told to the owner and to those who see the record (at most 2 queries)."""
    accounts, projects = ({row[name] for row in rows} - {None} for name in ("account_id", "project_id"))
    seen = set(Account.objects.visible_to(user).filter(pk__in=accounts).values_list("pk", flat=True))
    open_ = set(Project.objects.visible_to(user).filter(pk__in=projects).values_list("pk", flat=True))
    for row in rows:
        is_seen = row["project_id"] in open_ if row["project_id"] else row["account_id"] in seen
        if not is_seen and row["holder_id"] != user.pk:
            row["held_since"] = None
    return rows


ARBITRATIONS = Listing(
    Arbitration,
    ArbitrationOut,
    aliases={
        "kind": "claim__kind",
        "name": "claim__name",
        "asker_name": "asker__name",
        "holder_name": "holder__name",
        "asked_at": "claim__registered_at",
        "held_since": "standing__registered_at",
    },
    extras=("account_id", "project_id"),
    finish=_masked,
    sorts={"id": "id"},
    lookups={"is_open": "ended_at__isnull"},
)


@router.get("", response=Page[ArbitrationOut])
@permission(OPEN)
def arbitrations(request: ApiRequest, query: Query[ArbitrationQuery]) -> HttpResponse:
    """List the arbitrations that you see: as one of the two, as who decides, as a manager above."""
    return ARBITRATIONS.page(request, query)


@router.post("", response={201: ArbitrationOut})
@permission(Permission.REGISTRATION_CREATE)
def contest(request: ApiRequest, body: ContestIn) -> HttpResponse:
    """Ask the manager above both to decide between your claim and the one that stopped it."""
    made = operations.request_arbitration(
        account=claim_of(body.account) if body.account else None,
        project=ProjectClaim(**body.project.model_dump()) if body.project else None,
        hit=body.hit,
        evidence=body.evidence,
        by=request.auth,
        at=timezone.now(),
    )
    return ARBITRATIONS.written(request, made, status=201)


@router.get("/{id:pk}", response=ArbitrationOut)
@permission(OPEN)
def arbitration(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show an arbitration."""
    return ARBITRATIONS.show(request, pk)


@router.post("/{id:pk}/evidence", response=ArbitrationOut)
@permission(OPEN, versioned=True)
def evidence(request: ApiRequest, pk: Id, body: EvidenceIn) -> HttpResponse:
    """Write what speaks for your own claim; only who decides reads it."""
    call: dict[str, Any] = {"evidence": body.evidence, "by": request.auth, "at": timezone.now()}
    return ARBITRATIONS.written(request, operations.add_evidence(arbitration_id=pk, version=request.version, **call))


@router.post("/{id:pk}/decide", response=ArbitrationOut)
@permission(Permission.REGISTRATION_ARBITRATE, versioned=True)
def decide(request: ApiRequest, pk: Id, body: SettleIn) -> HttpResponse:
    """Name the main owner and, with a share, the assistant."""
    call: dict[str, Any] = body.model_dump() | {"by": request.auth, "at": timezone.now()}
    done = operations.decide_arbitration(arbitration_id=pk, version=request.version, **call)
    return ARBITRATIONS.written(request, done)
