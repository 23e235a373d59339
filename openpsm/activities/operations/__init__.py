"""Changes of activities: planned, logged or completed, then confirmed by somebody else."""

from openpsm.activities.operations.reporting import complete_activity, log_activity
from openpsm.activities.operations.stock import (
    OldActivity,
    check_old_activity,
    take_over_activities,
    withdraw_activities,
)
from openpsm.activities.operations.told import Told
from openpsm.activities.operations.upkeep import (
    cancel_activity,
    confirm_activity,
    delete_activity,
    plan_activity,
    update_activity,
)

__all__ = [
    "OldActivity",
    "Told",
    "cancel_activity",
    "check_old_activity",
    "complete_activity",
    "confirm_activity",
    "delete_activity",
    "log_activity",
    "plan_activity",
    "take_over_activities",
    "update_activity",
    "withdraw_activities",
]
