"""Projects, who has a part in them, and the record of their gates."""

from openpsm.projects.models.gates import Confirmation, Debt, GateReview, ProjectFacts, StageVisit
from openpsm.projects.models.project import (
    DROP_REASONS,
    LOSE_REASONS,
    ClosingReason,
    ClosingReport,
    Outcome,
    Party,
    PartyRole,
    Project,
    ProjectGram,
    ProjectMember,
    ProjectProduct,
    PurchasingForm,
    TeamRole,
)
from openpsm.projects.models.totals import ProjectTotal, State

__all__ = [
    "DROP_REASONS",
    "LOSE_REASONS",
    "ClosingReason",
    "ClosingReport",
    "Confirmation",
    "Debt",
    "GateReview",
    "Outcome",
    "Party",
    "PartyRole",
    "Project",
    "ProjectFacts",
    "ProjectGram",
    "ProjectMember",
    "ProjectProduct",
    "ProjectTotal",
    "PurchasingForm",
    "StageVisit",
    "State",
    "TeamRole",
]
