"""Figures of running projects by stage, each with the list of what it counts."""

from decimal import Decimal
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import BaseModel

from openpsm.api.answers import answer
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.schemas import Id, Key, Out
from openpsm.process.queries import StageDefinition
from openpsm.projects.queries import board
from openpsm.projects.queries.board import Filter
from openpsm.projects.queries.totals import Sums

router = area("funnel")


class FunnelQuery(BaseModel):
    """Whose projects, of which process (the default one unless said)."""

    process: Key | None = None
    owner_id: Id | None = None


class AmountOut(Out):
    """An amount and its weight by the win probability; currencies are never added."""

    currency: str
    amount: Decimal
    weighted: Decimal


class FunnelStageOut(Out):
    """Running projects of one stage, won ones that are not finished among them; `link` lists them."""

    stage: str
    name: str
    count: int
    stalled: int
    with_debts: int
    not_evaluated: int
    without_next_step: int
    amounts: list[AmountOut]
    link: str


class FunnelOut(Out):
    """The stages of the process in order."""

    process: str
    stages: list[FunnelStageOut]


@router.get("", response=FunnelOut)
@permission(OPEN)
def funnel(request: ApiRequest, query: Query[FunnelQuery]) -> HttpResponse:
    """Count and sum the running projects that you see, by stage."""
    chosen = Filter(owner=query.owner_id)
    process, found = board.funnel_of(request.auth, chosen, at=timezone.now(), process=query.process or "")
    won_gate = next((stage.position for stage, _sums in found if stage.is_won_gate), len(found))
    owner = {"owner_id": query.owner_id} if query.owner_id else {}
    stages = [_stage(stage, sums, {"outcome": _outcome(stage, won_gate), **owner}) for stage, sums in found]
    return answer({"process": process.key, "stages": stages})


def _outcome(stage: StageDefinition, won_gate: int) -> str:
    """What stands behind the won gate is won, all before it is open."""
    return "won" if stage.position > won_gate else "open"


def _stage(stage: StageDefinition, sums: Sums, narrowed: dict[str, object]) -> dict[str, object]:
    amounts = [{"currency": one.currency, "amount": one.amount, "weighted": one.weighted} for one in sums.money]
    return {
        "stage": stage.key,
        "name": stage.title,
        "count": sums.count,
        "stalled": sums.stalled,
        "with_debts": sums.indebted,
        "not_evaluated": sums.unevaluated,
        "without_next_step": sums.stepless,
        "amounts": amounts,
        "link": f"/api/v1/projects?{urlencode({'stage': stage.key, 'is_on_hold': 'false', **narrowed})}",
    }
