"""Decisions about people, information, rivals and criteria. No database, no clock.

Rules: docs/business-rules.md#weights, #supporters, #attitude
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from openpsm.buying.models.market import SIX_ELEMENTS, Element, IntelligenceItem
from openpsm.buying.models.people import PowerClass, ProjectRole, SupporterKind

State = IntelligenceItem.State
PURCHASER = "purchaser"
DECIDER = "decider"
#: From this fit of ours on a compulsory criterion is met.
MEETS = 3
ATTITUDES = range(-2, 3)


def normalised(weights: Sequence[int | None]) -> list[int | None]:
    """Return the weights in percent of their sum, adding up to exactly 100; unknown ones stay unknown.

    Largest remainder, earlier ones first. Without any weight above zero nothing can be normalised: they come back.
    """
    known = [weight for weight in weights if weight is not None]
    total = sum(known)
    if total <= 0:
        return list(weights)
    parts = [weight * 100 // total for weight in known]
    by_remainder = sorted(range(len(known)), key=lambda index: (-(known[index] * 100 % total), index))
    for index in by_remainder[: 100 - sum(parts)]:
        parts[index] += 1
    rest = iter(parts)
    return [None if weight is None else next(rest) for weight in weights]


@dataclass(frozen=True)
class Person:
    """What the rules need to know of a stakeholder. `role` and `buying_roles` are keys of the vocabulary."""

    role: str = ""
    buying_roles: Collection[str] = ()
    is_purchasing: bool = False
    is_outside: bool = False
    has_veto: bool = False
    attitude: int | None = None
    is_contacted: bool = False
    is_design_institute: bool = False


def plays(person: Person, role: str) -> bool:
    """Whether the person has this part in the decision; the final decider and a decider are the same here."""
    if role == PURCHASER and person.is_purchasing:
        return True
    if role in (DECIDER, ProjectRole.FINAL_DECIDER):
        return person.role == ProjectRole.FINAL_DECIDER or DECIDER in person.buying_roles
    return bool(role) and (person.role == role or role in person.buying_roles)


def is_contacted(people: Iterable[Person], role: str) -> bool:
    """Whether somebody with this part in the decision was contacted."""
    return any(person.is_contacted and plays(person, role) for person in people)


#: Decider, technical head and purchaser: all three must be contacted before a project leaves Enter.
KEY_ROLES = (ProjectRole.FINAL_DECIDER, ProjectRole.TECHNICAL_HEAD, PURCHASER)


def key_roles_missing(people: Collection[Person]) -> list[str]:
    """Return the key roles in which nobody was contacted yet, in order."""
    return [str(role) for role in KEY_ROLES if not is_contacted(people, role)]


def is_outside_ally(person: Person) -> bool:
    """Whether somebody outside the customer leans towards us."""
    return (person.is_outside or person.is_design_institute) and (person.attitude or 0) >= 1


# --- supporters


def supporter_gaps(
    kind: str,
    *,
    power_class: int | None,
    attitude: int | None,
    shares_information: bool = False,
    acts_for_us: bool = False,
    guides_us: bool = False,
) -> list[str]:
    """Return the conditions of a label that fail, as keys of `supporter_missing`; none means it may be given."""
    power = power_class or 0
    conditions = {
        SupporterKind.INSIDER: (
            ("power_too_low", power >= PowerClass.WATCHING),
            ("does_not_share", shares_information),
        ),
        SupporterKind.SPONSOR: (("power_too_low", power >= PowerClass.POLITICAL), ("does_not_act", acts_for_us)),
        SupporterKind.COACH: (("not_positive", (attitude or 0) >= 1), ("does_not_guide", guides_us)),
    }
    return [gap for gap, holds in conditions[SupporterKind(kind)] if not holds]


class InsiderAdvice(StrEnum):
    """Nobody inside is a warning, one hangs by a thread, two can be checked against each other."""

    WARN = "warn"
    FIND_MORE = "find_more"
    GOOD = "good"


def insider_advice(insiders: int) -> InsiderAdvice:
    """Judge the number of insiders."""
    return (InsiderAdvice.WARN, InsiderAdvice.FIND_MORE, InsiderAdvice.GOOD)[max(0, min(insiders, 2))]


def missing_supporters(present: Collection[str]) -> list[str]:
    """Return the kinds of supporters that the project still lacks; all three are wanted."""
    return [str(kind) for kind in SupporterKind if kind not in present]


# --- information


def element_states(items: Iterable[tuple[str, str, bool]]) -> dict[str, str]:
    """Return how far each of the six elements is known, from (kind, state, has a source) of the current items.

    The best item counts; partly known without a source is not known. An element without item is unknown.
    """
    states = {str(element): str(State.UNKNOWN) for element in SIX_ELEMENTS}
    for kind, state, has_source in items:
        if kind not in states or (state == State.PARTLY and not has_source):
            continue
        states[kind] = min(states[kind], state, key=(State.KNOWN, State.PARTLY, State.UNKNOWN).index)
    return states


def information_chain(states: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Return in percent how complete each of the five kinds of purchase information is, from (kind, state).

    Participants, needs, budget, decision and time frame, competition: known counts whole, partly half.
    """
    parts: dict[str, tuple[Element, ...]] = {
        "participants": (Element.PEOPLE,),
        "needs": (Element.NEED, Element.PRIORITIES),
        "budget": (Element.BUDGET,),
        "decision": (Element.DECISION, Element.SCHEDULE),
        "competition": (Element.COMPETITION,),
    }
    best: dict[str, int] = {}
    for kind, state in states:
        best[kind] = max(best.get(kind, 0), {State.KNOWN: 100, State.PARTLY: 50}.get(State(state), 0))
    return {name: sum(best.get(kind, 0) for kind in kinds) // len(kinds) for name, kinds in parts.items()}


# --- rivals and criteria


def rivals_ahead(rivals: Sequence[tuple[bool, int | None]]) -> int:
    """Count the rivals who were there before us or rank above us, from (was there earlier, rank).

    Our own rank is the first that no rival holds: with rivals on 1 and 3 we are second.
    """
    taken = {rank for _earlier, rank in rivals if rank}
    ours = next(rank for rank in range(1, len(taken) + 2) if rank not in taken)
    return sum(1 for earlier, rank in rivals if earlier or (rank is not None and rank < ours))


def is_against_us(is_knock_out: bool, our_fit: int | None) -> bool:
    """Whether a criterion knocks us out: compulsory, and nobody has shown that we meet it."""
    return is_knock_out and (our_fit is None or our_fit < MEETS)


def is_mostly_rivals(criteria: Sequence[tuple[str, int | None]]) -> bool:
    """Whether more than half of the criteria, from (origin, weight), come from a rival.

    By weight where every criterion has one, by number otherwise.
    """
    is_weighed = bool(criteria) and all(weight is not None for _origin, weight in criteria)
    shares = [(origin, (weight or 0) if is_weighed else 1) for origin, weight in criteria]
    total = sum(share for _origin, share in shares)
    return 2 * sum(share for origin, share in shares if origin == "rival") > total
