"""Staff, their departments and roles, their sessions and tokens, their tasks and notifications, approvals."""

from openpsm.org.models.approvals import Absence, Approval, ApprovalSeat, ApprovalStep
from openpsm.org.models.attention import Follow, Recent
from openpsm.org.models.handover import Handover, HandoverItem
from openpsm.org.models.people import Department, DepartmentManager, Role, RoleGrant, User
from openpsm.org.models.signin import AccessToken, UserSession
from openpsm.org.models.views import BulkEdit, BulkResult, SavedView
from openpsm.org.models.work import Notification, Task

__all__ = [
    "Absence",
    "AccessToken",
    "Approval",
    "ApprovalSeat",
    "ApprovalStep",
    "BulkEdit",
    "BulkResult",
    "Department",
    "DepartmentManager",
    "Follow",
    "Handover",
    "HandoverItem",
    "Notification",
    "Recent",
    "Role",
    "RoleGrant",
    "SavedView",
    "Task",
    "User",
    "UserSession",
]
