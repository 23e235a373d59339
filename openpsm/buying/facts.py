"""What people, information, rivals and criteria say about a project. One query for each provider."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef

from openpsm.accounts.models import AccountKind
from openpsm.buying import rules
from openpsm.buying.models import Contender, Criterion, IntelligenceItem, Stakeholder, SupporterLabel
from openpsm.buying.models.market import SIX_ELEMENTS, Element
from openpsm.buying.rules import Person, State
from openpsm.process.facts import provider
from openpsm.projects.models import Party, PartyRole

PEOPLE = (
    "contacted",
    "key_roles_contacted",
    "decider_contacted",
    "purchaser_contacted",
    "design_institute_contacted",
    "outside_allies",
    "expected_role_contacted",
    "veto_uncontacted",
    "veto_negative",
)


@provider(*(f"people.{name}" for name in PEOPLE))
def people_facts(project_ids: Collection[int], on: date) -> dict[int, dict[str, Any]]:
    """Answer whom we have reached and how they stand (1 query).

    Without anybody of a stage's expected role the answer is no, whatever that role is.
    """
    people: dict[int, list[Person]] = defaultdict(list)
    expected: dict[int, str] = {}
    for row in _people(project_ids):
        people[row["project_id"]].append(_person(row))
        expected[row["project_id"]] = row["project__stage__expected_role"]
    return {pk: _about_people(people[pk], expected.get(pk, "")) for pk in project_ids}


def _people(project_ids: Collection[int]) -> Iterable[dict[str, Any]]:
    design = {"role": PartyRole.DESIGN, "project_id": OuterRef("project_id"), "account_id": OuterRef("account_id")}
    rows: Iterable[dict[str, Any]] = (
        Stakeholder.objects.live()
        .filter(project_id__in=project_ids)
        .annotate(is_design_party=Exists(Party.objects.filter(**design)))
        .values(
            "project_id",
            "project__stage__expected_role",
            "project_role",
            "buying_roles",
            "is_purchasing",
            "is_outside",
            "has_veto",
            "attitude",
            "contacted_on",
            "account__kind",
            "is_design_party",
        )
    )
    return rows


def _person(row: dict[str, Any]) -> Person:
    return Person(
        role=row["project_role"],
        buying_roles=row["buying_roles"],
        is_purchasing=row["is_purchasing"],
        is_outside=row["is_outside"],
        has_veto=row["has_veto"],
        attitude=row["attitude"],
        is_contacted=row["contacted_on"] is not None,
        is_design_institute=row["is_design_party"] or row["account__kind"] == AccountKind.DESIGN,
    )


def _about_people(people: Collection[Person], expected_role: str) -> dict[str, Any]:
    vetoes = [person for person in people if person.has_veto]
    return {
        "people.contacted": sum(person.is_contacted for person in people),
        "people.key_roles_contacted": not rules.key_roles_missing(people),
        "people.decider_contacted": rules.is_contacted(people, rules.DECIDER),
        "people.purchaser_contacted": rules.is_contacted(people, rules.PURCHASER),
        "people.design_institute_contacted": any(one.is_contacted and one.is_design_institute for one in people),
        "people.outside_allies": sum(rules.is_outside_ally(person) for person in people),
        "people.expected_role_contacted": rules.is_contacted(people, expected_role),
        "people.veto_uncontacted": sum(not person.is_contacted for person in vetoes),
        "people.veto_negative": sum((person.attitude or 0) < 0 for person in vetoes),
    }


@provider("people.insiders", "people.sponsors", "people.coaches", "people.supporters")
def supporter_facts(project_ids: Collection[int], on: date) -> dict[int, dict[str, Any]]:
    """Count supporters, each person once a kind, as long as the conditions of the label hold (1 query).

    Only numbers leave this function: who it is stays with the label's readers.
    """
    found: dict[int, dict[str, set[int]]] = {pk: defaultdict(set) for pk in project_ids}
    rows = SupporterLabel.objects.live().filter(stakeholder__project_id__in=project_ids, stakeholder__removed_at=None)
    signs = ("shares_information", "acts_for_us", "guides_us")
    names = ("stakeholder__project_id", "stakeholder_id", "kind", "stakeholder__power_class", "stakeholder__attitude")
    for pk, person, kind, power, attitude, *shown in rows.values_list(*names, *signs):
        conditions = dict(zip(signs, shown, strict=True))
        if not rules.supporter_gaps(kind, power_class=power, attitude=attitude, **conditions):
            found[pk][kind].add(person)
    return {pk: _count(kinds) for pk, kinds in found.items()}


def _count(kinds: dict[str, set[int]]) -> dict[str, int]:
    return {
        "people.insiders": len(kinds["insider"]),
        "people.sponsors": len(kinds["sponsor"]),
        "people.coaches": len(kinds["coach"]),
        "people.supporters": len(set().union(*kinds.values())),
    }


@provider(
    "intelligence.elements_answered",
    "intelligence.partly_elements",
    "intelligence.unknown_elements",
    "intelligence.need_recorded",
    *(f"intelligence.{element}" for element in SIX_ELEMENTS),
)
def intelligence_facts(project_ids: Collection[int], on: date) -> dict[int, dict[str, Any]]:
    """Answer how far the six elements are known (1 query)."""
    items: dict[int, list[tuple[str, str, bool]]] = defaultdict(list)
    rows = IntelligenceItem.objects.current().filter(project_id__in=project_ids)
    for pk, kind, state, source in rows.values_list("project_id", "kind", "state", "source"):
        items[pk].append((kind, state, bool(source)))
    return {pk: _about_elements(items[pk]) for pk in project_ids}


def _about_elements(items: Collection[tuple[str, str, bool]]) -> dict[str, Any]:
    states = rules.element_states(items)
    count = {state: list(states.values()).count(state) for state in State.values}
    return {
        "intelligence.elements_answered": count[State.KNOWN] + count[State.PARTLY],
        "intelligence.partly_elements": count[State.PARTLY],
        "intelligence.unknown_elements": count[State.UNKNOWN],
        "intelligence.need_recorded": any(kind == Element.NEED and state != State.UNKNOWN for kind, state, _s in items),
    } | {f"intelligence.{element}": state for element, state in states.items()}


@provider("competition.rivals", "competition.rivals_ahead")
def contender_facts(project_ids: Collection[int], on: date) -> dict[int, dict[str, Any]]:
    """Count the rivals, and those who are ahead of us (1 query)."""
    rivals: dict[int, list[tuple[bool, int | None]]] = defaultdict(list)
    rows = Contender.objects.live().filter(project_id__in=project_ids)
    for pk, is_earlier, rank in rows.values_list("project_id", "is_registered_earlier", "rank"):
        rivals[pk].append((is_earlier, rank))
    return {
        pk: {"competition.rivals": len(rivals[pk]), "competition.rivals_ahead": rules.rivals_ahead(rivals[pk])}
        for pk in project_ids
    }


@provider("criteria.recorded", "criteria.knock_outs_against_us", "criteria.shaped_by_us", "criteria.mostly_rivals")
def criterion_facts(project_ids: Collection[int], on: date) -> dict[int, dict[str, Any]]:
    """Answer what the customer will judge by and whose wish it is (1 query)."""
    criteria: dict[int, list[Criterion]] = defaultdict(list)
    fields = ("project_id", "weight", "our_fit", "origin", "is_shaped_by_us", "is_knock_out")
    for row in Criterion.objects.live().filter(project_id__in=project_ids).only(*fields):
        criteria[row.project_id].append(row)
    return {pk: _about_criteria(criteria[pk]) for pk in project_ids}


def _about_criteria(criteria: Collection[Criterion]) -> dict[str, Any]:
    return {
        "criteria.recorded": len(criteria),
        "criteria.knock_outs_against_us": sum(rules.is_against_us(row.is_knock_out, row.our_fit) for row in criteria),
        "criteria.shaped_by_us": sum(row.is_shaped_by_us for row in criteria),
        "criteria.mostly_rivals": rules.is_mostly_rivals([(row.origin, row.weight) for row in criteria]),
    }
