"""Who may see and do what, worked out a second time from the raw rows of the seeded company.

Nothing of the program's own access code, querysets or paths of departments is used here: departments are climbed from
child to parent, roles are read as they are stored. Where this and the program disagree, one of them is wrong.
"""

from collections.abc import Iterator
from typing import Any

from openpsm.accounts.models import Account, AccountMember
from openpsm.activities.models import Activity
from openpsm.buying.models import SupporterLabel
from openpsm.insights.models import Alert, AlertPerson
from openpsm.org.models import (
    Absence,
    Approval,
    ApprovalSeat,
    Department,
    DepartmentManager,
    Handover,
    HandoverItem,
    Role,
    RoleGrant,
    Task,
    User,
)
from openpsm.projects.models import Party, Project, ProjectMember
from openpsm.registrations.models import Arbitration, Registration

Row = dict[str, Any]


def _rows(model: Any) -> dict[int, Row]:
    return {row["id"]: row for row in model._base_manager.values()}


class Scope:
    """The rules over rows as they are at this moment; `user` is a primary key throughout, None for nobody."""

    def __init__(self) -> None:
        self.users, self.departments, roles = _rows(User), _rows(Department), _rows(Role)
        self.projects, self.accounts, self.activities = _rows(Project), _rows(Account), _rows(Activity)
        self.registrations, self.labels, self.tasks = _rows(Registration), _rows(SupporterLabel), _rows(Task)
        self.approvals, self.seats = _rows(Approval), _rows(ApprovalSeat)
        self.alerts = _rows(Alert)
        self.alert_people = {(row["alert_id"], row["user_id"]) for row in _rows(AlertPerson).values()}
        self.stand_in = {row["user_id"]: row["substitute_id"] for row in _rows(Absence).values()}
        self.arbitrations = _rows(Arbitration)
        self.handovers, self.handed = _rows(Handover), _rows(HandoverItem)
        self.managers = {(row["user_id"], row["department_id"]) for row in _rows(DepartmentManager).values()}
        self.members = {(row["user_id"], row["project_id"]) for row in _rows(ProjectMember).values()}
        self.account_members = {(row["user_id"], row["account_id"]) for row in _rows(AccountMember).values()}
        self.parties = {(row["project_id"], row["account_id"]) for row in _rows(Party).values()}
        self.grants = [row | {"may": roles[row["role_id"]]["permissions"]} for row in _rows(RoleGrant).values()]

    def _up(self, department: int | None) -> Iterator[int]:
        while department is not None:
            yield department
            department = self.departments[department]["parent_id"]

    def active(self, user: int | None) -> bool:
        return user is not None and self.users[user]["is_active"]

    def manages(self, user: int, department: int | None) -> bool:
        return any((user, one) in self.managers for one in self._up(department))

    def holds(self, user: int, permission: str, department: int | None = None, project: int | None = None) -> bool:
        above = set(self._up(department))
        return any(
            permission in grant["may"]
            and (
                (grant["department_id"] is None and grant["project_id"] is None)
                or grant["department_id"] in above
                or (project is not None and grant["project_id"] == project)
            )
            for grant in self.grants
            if grant["user_id"] == user
        )

    def anywhere(self, user: int | None, permission: str) -> bool:
        mine = (grant["may"] for grant in self.grants if grant["user_id"] == user)
        return self.active(user) and any(permission in may for may in mine)

    # --- seeing

    def project(self, user: int | None, pk: int) -> bool:
        row = self.projects.get(pk)
        return row is not None and row["deleted_at"] is None and self.in_reach(user, pk)

    def in_reach(self, user: int | None, pk: int) -> bool:
        """Whether the person would see the project if it were not in the bin."""
        row = self.projects[pk]
        if user is None or not self.active(user):
            return False
        place = row["department_id"]
        wide = self.holds(user, "project.view_all", place, pk)
        return (user, pk) in self.members or self.manages(user, place) or wide

    def account(self, user: int | None, pk: int) -> bool:
        row = self.accounts.get(pk)
        if row is None or row["deleted_at"] is not None or user is None or not self.active(user):
            return False
        if self.works_on(user, pk) or self._near_account(user, row):
            return True
        in_pool = row["owner_id"] is None and not row["is_unassigned"]
        through = any(account == pk and self.project(user, project) for project, account in self.parties)
        return through or (in_pool and self.anywhere(user, "registration.create"))

    def _near_account(self, user: int, row: Row) -> bool:
        place = row["department_id"]
        return self.manages(user, place) or self.holds(user, "account.view_all", place)

    def works_on(self, user: int, account: int) -> bool:
        return (user, account) in self.account_members

    def reaches_contacts(self, user: int | None, account: int) -> bool:
        """Phones and mail: members of the account or of one of its live projects, with the permission."""
        if user is None or not self.anywhere(user, "contact.reach") or not self.account(user, account):
            return False
        mine = (
            (user, project) in self.members and self.projects[project]["deleted_at"] is None
            for project, party in self.parties
            if party == account
        )
        return self.works_on(user, account) or any(mine)

    def activity(self, user: int | None, pk: int) -> bool:
        row = self.activities.get(pk)
        if row is None or row["deleted_at"] is not None or user is None or not self.active(user):
            return False
        place, project, account = row["department_id"], row["project_id"], row["account_id"]
        if (project and self.projects[project]["deleted_at"]) or (account and self.accounts[account]["deleted_at"]):
            return False
        if row["owner_id"] == user or self.manages(user, place) or self.holds(user, "project.view_all", place):
            return True
        return self.project(user, project) if project else self.works_on(user, account)

    def line_of_command(self, user: int | None, author: int) -> bool:
        """Whether the person is the author of something secret, or manages the author."""
        if user is None or not self.anywhere(user, "insider.view"):
            return False
        return user == author or self.manages(user, self.users[author]["department_id"])

    def registration(self, user: int | None, pk: int) -> bool:
        row = self.registrations.get(pk)
        if row is None or user is None or not self.active(user):
            return False
        if self.holds(user, "account.view_all") and self.holds(user, "project.view_all"):
            return True
        mine = row["owner_id"] == user or self.manages(user, self.users[row["owner_id"]]["department_id"])
        return mine or (row["project_id"] is not None and self.project(user, row["project_id"]))

    def task(self, user: int | None, pk: int) -> bool:
        row = self.tasks.get(pk)
        if row is None or user is None or not self.active(user):
            return False
        return user in (row["owner_id"], row["created_by_id"]) or self.manages(
            user, self.users[row["owner_id"]]["department_id"]
        )

    def alert(self, user: int | None, pk: int) -> bool:
        """Whom it calls upon, who manages its department, who sees everything and decides; of a record they see."""
        row = self.alerts.get(pk)
        if row is None or user is None or not self.active(user) or not self.project(user, row["project_id"]):
            return False
        wide = ("project.view_all", "account.view_all", "registration.arbitrate")
        above = self.manages(user, row["department_id"]) or all(self.holds(user, each) for each in wide)
        return (pk, user) in self.alert_people or above

    def approval(self, user: int | None, pk: int) -> bool:
        row = self.approvals.get(pk)
        if row is None or user is None or not self.active(user):
            return False
        asker = row["created_by_id"]
        return asker == user or self.reviews(user, pk) or self.manages(user, self.users[asker]["department_id"])

    def handover(self, user: int | None, pk: int) -> bool:
        """Who gave, took the step or received, and the managers above who gave."""
        row = self.handovers.get(pk)
        if row is None or user is None or not self.active(user):
            return False
        return (
            user in (row["giver_id"], row["created_by_id"])
            or self.receives(user, pk)
            or self.manages(user, self.users[row["giver_id"]]["department_id"])
        )

    def receives(self, user: int, pk: int) -> bool:
        return any(item["handover_id"] == pk and item["receiver_id"] == user for item in self.handed.values())

    def hands_over_for(self, user: int, giver: int) -> bool:
        """A manager above them, but never for oneself, or an administrator of users there."""
        place = self.users[giver]["department_id"]
        return (self.manages(user, place) and user != giver) or self.holds(user, "user.admin", place)

    def arbitration(self, user: int | None, pk: int) -> bool:
        row = self.arbitrations.get(pk)
        if row is None or user is None or not self.active(user):
            return False
        return user in (row["asker_id"], row["holder_id"]) or self.approval(user, row["approval_id"])

    def arbitrates(self, user: int, pk: int) -> bool:
        """Whether the person is asked to decide and no party."""
        row = self.arbitrations.get(pk)
        if row is None or user in (row["asker_id"], row["holder_id"]):
            return False
        return self.reviews(user, row["approval_id"]) and self.anywhere(user, "registration.arbitrate")

    def reviews(self, user: int, pk: int) -> bool:
        """Whether the person has a seat, or stands in for somebody who has still to decide."""
        seats = [seat for seat in self.seats.values() if seat["approval_id"] == pk]
        own = any(user in (seat["reviewer_id"], seat["decided_by_id"]) for seat in seats)
        return own or any(not s["decision"] and self.stand_in.get(s["reviewer_id"]) == user for s in seats)

    # --- doing

    def may_on_project(self, user: int | None, permission: str, pk: int) -> bool:
        if user is None or not self.in_reach(user, pk):
            return False
        return self.holds(user, permission, self.projects[pk]["department_id"], pk)

    def may_on_account(self, user: int | None, permission: str, pk: int) -> bool:
        row = self.accounts.get(pk)
        if row is None or user is None or not self.active(user):
            return False
        near = self.works_on(user, pk) or self._near_account(user, row)
        return near and self.holds(user, permission, row["department_id"])
