"""Changes of activities: planned, logged or completed, then confirmed by somebody else; comments at records."""

from openpsm.activities.operations.comments import (
    Posted,
    change_comment,
    delete_comment,
    post_comment,
    restore_comment,
)
from openpsm.activities.operations.prices import state_price
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
    restore_activity,
    update_activity,
)

__all__ = [
    "OldActivity",
    "Posted",
    "Told",
    "cancel_activity",
    "change_comment",
    "check_old_activity",
    "complete_activity",
    "confirm_activity",
    "delete_activity",
    "delete_comment",
    "log_activity",
    "plan_activity",
    "post_comment",
    "restore_activity",
    "restore_comment",
    "state_price",
    "take_over_activities",
    "update_activity",
    "withdraw_activities",
]
