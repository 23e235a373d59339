"""The customer's side of a project: people, intelligence, rivals, criteria."""

from openpsm.buying.models.market import Contender, Criterion, IntelligenceItem
from openpsm.buying.models.people import AttitudeChange, Stakeholder, SupporterLabel

__all__ = ["AttitudeChange", "Contender", "Criterion", "IntelligenceItem", "Stakeholder", "SupporterLabel"]
