"""How customers change hands in the stories: contested, alike, silent, lost, handed over. See `telling`."""

from collections.abc import Sequence
from decimal import Decimal

from openpsm.accounts import operations as accounts
from openpsm.accounts.operations import Loss, NewVolume
from openpsm.accounts.volumes import months_until
from openpsm.activities import operations as activities
from openpsm.exchange.demo.stories import Moment
from openpsm.exchange.demo.telling import GENERAL_MANAGER
from openpsm.org import operations as org
from openpsm.org.models import User
from openpsm.projects.models import Project
from openpsm.registrations import matching
from openpsm.registrations.matching import Claim, ProjectClaim
from openpsm.registrations.operations import add_evidence, request_arbitration
from openpsm.registrations.rules import HitClass


def contested_account(moment: Moment, asker: str, name: str, evidence: str, answer: str) -> None:
    """A colleague claims the account of the story under another spelling; its owner answers."""
    _contest(moment, moment.user(asker), evidence, answer, account=Claim(name=moment.say(name)))


def contested_project(moment: Moment, asker: str, name: str, evidence: str, answer: str) -> None:
    """The same for the project of the story, at a customer that the colleague sees."""
    project = Project.objects.get(pk=moment.project_id)
    claim = ProjectClaim(moment.say(name), project.account_id, project.site, project.product_line)
    _contest(moment, moment.user(asker), evidence, answer, project=claim)


def _contest(
    moment: Moment,
    asker: User,
    evidence: str,
    answer: str,
    *,
    account: Claim | None = None,
    project: ProjectClaim | None = None,
) -> None:
    hits = matching.check(by=asker, account=account, project=project)
    hit = next(one.key for one in hits if one.cls == HitClass.SAME)
    made = request_arbitration(
        account=account, project=project, hit=hit, evidence=moment.say(evidence), by=asker, at=moment.at
    )
    add_evidence(arbitration_id=made.pk, version=None, evidence=moment.say(answer), by=moment.by, at=moment.at)


def volumes(
    moment: Moment, product: str, unit: str, price: str, source: str, quantities: Sequence[str | float]
) -> None:
    """Bring in what the account took in the last whole months, the latest last; `price` is that of one unit."""
    months = months_until(moment.world.words.on, len(quantities) + 1)[:-1]
    rows = [
        NewVolume(
            account_id=_account(moment),
            month=month,
            product=moment.say(product),
            quantity=Decimal(str(quantity)),
            unit=moment.say(unit),
            amount=Decimal(str(quantity)) * Decimal(price),
            source=moment.say(source),
        )
        for month, quantity in zip(months, quantities, strict=True)
    ]
    accounts.record_volumes(rows=rows, by=moment.user(GENERAL_MANAGER), at=moment.at)


def lost(moment: Moment, reason: str, text: str, destination: str, winner: str, price: str, unit: str) -> None:
    """Report that the customer of the story is lost, with the winner and its price."""
    loss = Loss(
        reason=reason,
        reason_text=moment.say(text),
        destination=moment.say(destination),
        winner_name=moment.say(winner),
        price=Decimal(price),
        price_unit=moment.say(unit),
        lost_on=moment.on,
    )
    accounts.report_loss(account_id=_account(moment), loss=loss, by=moment.by, at=moment.at)


def judged(moment: Moment, manager: str) -> None:
    """A manager judges the customer of the story lost: its owner owes the report."""
    accounts.judge_lost(account_id=_account(moment), by=moment.user(manager), at=moment.at)


def plan(moment: Moment, days: int, by: str, purpose: str) -> None:
    """Somebody plans a visit at the account of the story."""
    activities.plan_activity(
        account_id=_account(moment),
        kind="visit",
        planned_on=moment.world.words.day(days),
        purpose=moment.say(purpose),
        by=moment.user(by),
        at=moment.at,
    )


def handover(moment: Moment, receiver: str, manager: str) -> None:
    """The owner of the account leaves: all that is theirs goes to a colleague, who has yet to confirm it."""
    org.hand_over(
        giver_id=moment.by.pk,
        receiver_id=moment.user(receiver).pk,
        reason="leaving",
        by=moment.user(manager),
        at=moment.at,
    )


def _account(moment: Moment) -> int:
    return moment.world.accounts[moment.story.content["key"]]
