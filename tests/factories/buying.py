"""People, information, rivals and criteria, made through the operations."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from openpsm.buying import operations
from openpsm.buying.models import Contender, Criterion, IntelligenceItem, Stakeholder, SupporterLabel
from openpsm.buying.models.market import SIX_ELEMENTS
from openpsm.projects.models import Project
from tests.factories import AT

_numbers = count(1)


def make_stakeholder(project: Project, name: str = "", *, at: datetime = AT, **fields: Any) -> Stakeholder:
    """Somebody at the customer's; `attitude` gets a reason by itself."""
    given: dict[str, Any] = {"by": project.owner} | fields
    if name or "contact_id" not in given:
        given.setdefault("name", name or f"Person {next(_numbers)}")
    if "attitude" in given:
        given.setdefault("attitude_reason", "Said so on the telephone")
    return operations.add_stakeholder(project_id=project.pk, at=at, **given)


def make_label(stakeholder: Stakeholder, kind: str = "insider", *, at: datetime = AT, **fields: Any) -> SupporterLabel:
    """A label by the project's owner; the stakeholder must meet its conditions."""
    signs = {"insider": "shares_information", "sponsor": "acts_for_us", "coach": "guides_us"}
    given: dict[str, Any] = {
        "reason": "Told us who sits on the committee",
        "by": stakeholder.project.owner,
        signs[kind]: True,
    } | fields
    return operations.label_supporter(stakeholder_id=stakeholder.pk, kind=kind, at=at, **given)


def make_intelligence(
    project: Project, kind: str = "need", state: str = "known", *, at: datetime = AT, **fields: Any
) -> IntelligenceItem:
    """What is known of a project; an unknown one is asked for within a week."""
    given: dict[str, Any] = {"by": project.owner}
    if state == "unknown":
        given["ask_by"] = at.date() + timedelta(days=7)
    else:
        given |= {"text": f"What we heard about {kind} on visit {next(_numbers)}", "source": "customer"}
    return operations.add_intelligence(project_id=project.pk, kind=kind, state=state, at=at, **(given | fields))


def answer_elements(project: Project, *, at: datetime = AT) -> None:
    """All six elements known."""
    for element in SIX_ELEMENTS:
        make_intelligence(project, element, at=at)


def make_contender(project: Project, name: str = "", *, at: datetime = AT, **fields: Any) -> Contender:
    """A rival in the race."""
    given: dict[str, Any] = {"competitor_name": name or f"Rival {next(_numbers)}", "by": project.owner} | fields
    return operations.add_contender(project_id=project.pk, at=at, **given)


def make_criterion(project: Project, text: str = "", *, at: datetime = AT, **fields: Any) -> Criterion:
    """What the customer will judge by."""
    given: dict[str, Any] = {"text": text or f"Viscosity index above {next(_numbers)}", "by": project.owner} | fields
    return operations.add_criterion(project_id=project.pk, at=at, **given)
