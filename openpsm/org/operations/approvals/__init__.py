"""Asking others, deciding, ending, and what becomes of the seats of those who leave.

Rule: docs/business-rules.md#approvals
"""

from openpsm.org.operations.approvals.asking import NewStep, add_reviewer, request_approval
from openpsm.org.operations.approvals.deciding import ApprovalVoid, decide_approval
from openpsm.org.operations.approvals.ending import void_approvals, withdraw_approval
from openpsm.org.operations.approvals.reminding import remind_of_approvals
from openpsm.org.operations.approvals.seats import hand_seats_over, pass_seats_on

__all__ = [
    "ApprovalVoid",
    "NewStep",
    "add_reviewer",
    "decide_approval",
    "hand_seats_over",
    "pass_seats_on",
    "remind_of_approvals",
    "request_approval",
    "void_approvals",
    "withdraw_approval",
]
