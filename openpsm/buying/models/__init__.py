"""The customer's side of a project: people, intelligence, rivals, criteria."""

from openpsm.buying.models.market import SIX_ELEMENTS, Contender, Criterion, Element, IntelligenceItem
from openpsm.buying.models.people import (
    AttitudeChange,
    PersonalNeed,
    PowerClass,
    ProjectRole,
    Stakeholder,
    SupporterKind,
    SupporterLabel,
)

__all__ = [
    "SIX_ELEMENTS",
    "AttitudeChange",
    "Contender",
    "Criterion",
    "Element",
    "IntelligenceItem",
    "PersonalNeed",
    "PowerClass",
    "ProjectRole",
    "Stakeholder",
    "SupporterKind",
    "SupporterLabel",
]
