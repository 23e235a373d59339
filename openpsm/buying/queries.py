"""Reading the customer's side of a project. Supporter labels come only through `SupporterLabel.objects.visible_to`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpsm.buying import rules
from openpsm.buying.models import AttitudeChange, Contender, Criterion, IntelligenceItem, Stakeholder, SupporterLabel
from openpsm.buying.rules import InsiderAdvice
from openpsm.org import access
from openpsm.org.models import User

Source = IntelligenceItem.Source


@dataclass(frozen=True)
class PersonRow:
    """A stakeholder as lists show it: weight in percent of the committee, attitudes newest first.

    `labels` are those that this reader may see, which says nothing about others.
    """

    stakeholder: Stakeholder
    shown_weight: int | None
    attitudes: Sequence[AttitudeChange]
    labels: Sequence[SupporterLabel]


@dataclass(frozen=True)
class People:
    """Everybody in a project's buying decision; `is_normalised` when the weights did not add up to 100."""

    rows: list[PersonRow]
    is_normalised: bool


def people(project_id: int, *, user: User) -> People:
    """Return the people of a project, attitudes, and the labels that the user may see (3 queries beside the reach)."""
    seen = Stakeholder.objects.visible_to(user).filter(project_id=project_id)
    rows = list(seen.select_related("contact", "account", "cover", "reports_to").order_by("pk"))
    attitudes, labels = _attitudes(rows), _labels(rows, user)
    weights = rules.normalised([row.weight for row in rows])
    shown = [
        PersonRow(row, weight, attitudes[row.pk], labels[row.pk]) for row, weight in zip(rows, weights, strict=True)
    ]
    return People(shown, is_normalised=weights != [row.weight for row in rows])


def _attitudes(rows: Sequence[Stakeholder]) -> Mapping[int, list[AttitudeChange]]:
    found: dict[int, list[AttitudeChange]] = defaultdict(list)
    changes = AttitudeChange.objects.filter(stakeholder__in=[row.pk for row in rows])
    for change in changes.select_related("by", "contender__competitor").order_by("-pk"):
        found[change.stakeholder_id].append(change)
    return found


def _labels(rows: Sequence[Stakeholder], user: User) -> Mapping[int, list[SupporterLabel]]:
    found: dict[int, list[SupporterLabel]] = defaultdict(list)
    labels = SupporterLabel.objects.visible_to(user).filter(stakeholder__in=[row.pk for row in rows])
    for label in labels.select_related("author").order_by("kind", "pk"):
        found[label.stakeholder_id].append(label)
    return found


@dataclass(frozen=True)
class Supporters:
    """How many supporters of each kind there are, which kinds are missing, and what the number of insiders means."""

    counts: Mapping[str, int]
    missing: list[str]
    advice: InsiderAdvice


def supporters(facts: Mapping[str, Any]) -> Supporters:
    """Judge the support inside from the facts of a project, which hold numbers only (no query)."""
    names = {"insider": "people.insiders", "sponsor": "people.sponsors", "coach": "people.coaches"}
    counts = {kind: int(facts.get(name) or 0) for kind, name in names.items()}
    present = [kind for kind, count in counts.items() if count]
    return Supporters(counts, rules.missing_supporters(present), rules.insider_advice(counts["insider"]))


@dataclass(frozen=True)
class Information:
    """What is known of a project: current items newest first, older ones, state by element, the chain in percent."""

    items: list[IntelligenceItem]
    replaced: list[IntelligenceItem]
    elements: Mapping[str, str]
    chain: Mapping[str, int]


def information(project_id: int, *, user: User) -> Information:
    """Return the project's intelligence (1 query beside the reach).

    Who an inside source is comes only to the author's line of command: for others `source_person` is emptied.
    """
    seen = IntelligenceItem.objects.visible_to(user).filter(project_id=project_id)
    rows = list(seen.select_related("created_by", "author__department", "confirmed_by").order_by("-pk"))
    hide_inside_sources(rows, user=user)
    current = [row for row in rows if row.replaced_by_id is None]
    elements = rules.element_states((row.kind, row.state, bool(row.source)) for row in current)
    chain = rules.information_chain((row.kind, row.state) for row in current)
    return Information(current, [row for row in rows if row.replaced_by_id is not None], elements, chain)


def hide_inside_sources(items: Sequence[IntelligenceItem], *, user: User) -> None:
    """Empty `source_person` of inside sources that the user may not know. For showing: such items are never saved."""
    own = access.reach(user)
    for item in items:
        path = (item.author.department.path or "") if item.author.department else ""
        if item.source == Source.INSIDER and item.author_id != user.pk and not own.manages(path):
            item.source_person = ""


def contenders(project_id: int, *, user: User) -> list[Contender]:
    """Return the rivals by rank, unranked ones last (1 query beside the reach)."""
    rows = Contender.objects.visible_to(user).filter(project_id=project_id).select_related("competitor")
    return sorted(rows, key=lambda row: (row.rank is None, row.rank or 0, row.pk))


def criteria(project_id: int, *, user: User) -> list[Criterion]:
    """Return the purchase criteria, heaviest first (1 query beside the reach)."""
    rows = Criterion.objects.visible_to(user).filter(project_id=project_id).select_related("set_by")
    return sorted(rows, key=lambda row: (-(row.weight or 0), row.pk))
