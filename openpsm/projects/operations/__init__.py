"""Everything that changes projects. Each call checks the right and the rule, writes, and leaves one event."""

from openpsm.projects.operations.creating import NewProject, create_projects
from openpsm.projects.operations.facts import refresh_facts, sweep
from openpsm.projects.operations.gates import GateBlocked, advance_stage, advance_towards, go_back, win

__all__ = [
    "GateBlocked",
    "NewProject",
    "advance_stage",
    "advance_towards",
    "create_projects",
    "go_back",
    "refresh_facts",
    "sweep",
    "win",
]
