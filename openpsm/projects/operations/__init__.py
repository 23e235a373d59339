"""Everything that changes projects. Each call checks the right and the rule, writes, and leaves one event."""

from openpsm.projects.operations.bin import delete_project, restore_project
from openpsm.projects.operations.confirmations import confirm_node, state_fact, withdraw_confirmation
from openpsm.projects.operations.creating import (
    NewProject,
    check_new_project,
    create_projects,
    create_within,
    foresee_names,
)
from openpsm.projects.operations.editing import (
    lower_contact,
    pin_grade,
    raise_contact,
    remove_party,
    set_party,
    set_procurement_step,
    set_products,
    state_possibility,
    unpin_grade,
    update_project,
)
from openpsm.projects.operations.facts import refresh_facts, refresh_locked, sweep
from openpsm.projects.operations.gates import GateBlocked, advance_stage, advance_towards, go_back, win
from openpsm.projects.operations.outcomes import drop, hold, lose, reopen, resume
from openpsm.projects.operations.takeover import TakenOver, take_over_projects, withdraw_projects
from openpsm.projects.operations.team import change_owner, set_team
from openpsm.projects.operations.totals import fold_totals, rebuild_totals

__all__ = [
    "GateBlocked",
    "NewProject",
    "TakenOver",
    "advance_stage",
    "advance_towards",
    "change_owner",
    "check_new_project",
    "confirm_node",
    "create_projects",
    "create_within",
    "delete_project",
    "drop",
    "fold_totals",
    "foresee_names",
    "go_back",
    "hold",
    "lose",
    "lower_contact",
    "pin_grade",
    "raise_contact",
    "rebuild_totals",
    "refresh_facts",
    "refresh_locked",
    "remove_party",
    "reopen",
    "restore_project",
    "resume",
    "set_party",
    "set_procurement_step",
    "set_products",
    "set_team",
    "state_fact",
    "state_possibility",
    "sweep",
    "take_over_projects",
    "unpin_grade",
    "update_project",
    "win",
    "withdraw_confirmation",
    "withdraw_projects",
]
