"""Changes of people, information, rivals and criteria."""

from openpsm.buying.operations.attitudes import AttitudeNote, set_attitude, write_attitudes
from openpsm.buying.operations.intelligence import (
    NewIntelligence,
    add_intelligence,
    confirm_intelligence,
    remove_intelligence,
    replace_intelligence,
    update_intelligence,
    write_intelligence,
)
from openpsm.buying.operations.market import (
    add_contender,
    add_criterion,
    remove_contender,
    remove_criterion,
    update_contender,
    update_criterion,
)
from openpsm.buying.operations.people import (
    add_stakeholder,
    mark_contacted,
    remove_stakeholder,
    set_weights,
    update_stakeholder,
)
from openpsm.buying.operations.supporters import LabelRefused, end_label, label_supporter

__all__ = [
    "AttitudeNote",
    "LabelRefused",
    "NewIntelligence",
    "add_contender",
    "add_criterion",
    "add_intelligence",
    "add_stakeholder",
    "confirm_intelligence",
    "end_label",
    "label_supporter",
    "mark_contacted",
    "remove_contender",
    "remove_criterion",
    "remove_intelligence",
    "remove_stakeholder",
    "replace_intelligence",
    "set_attitude",
    "set_weights",
    "update_contender",
    "update_criterion",
    "update_intelligence",
    "update_stakeholder",
    "write_attitudes",
    "write_intelligence",
]
