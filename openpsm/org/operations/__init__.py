"""Changes to staff, departments, roles, sign-in, tasks and notifications, one module per noun."""

from openpsm.org.operations.attention import follow, remember_opened, unfollow
from openpsm.org.operations.departments import (
    close_department,
    create_department,
    move_department,
    rename_department,
    reopen_department,
    set_managers,
)
from openpsm.org.operations.notifications import Note, mark_read, notify
from openpsm.org.operations.passwords import (
    change_password,
    confirm_password,
    request_reset,
    reset_by_administrator,
    reset_password,
)
from openpsm.org.operations.people import (
    Invitation,
    NewUser,
    deactivate_user,
    invite_user,
    invite_users,
    reactivate_user,
    update_profile,
    update_user,
)
from openpsm.org.operations.roles import create_role, delete_role, grant_role, revoke_role, update_role
from openpsm.org.operations.setup import AlreadySetUp, first_setup, install
from openpsm.org.operations.signing_in import end_other_sessions, end_session, end_sessions_of, sign_in
from openpsm.org.operations.tasks import (
    NewTask,
    complete_task,
    drop_task,
    open_task,
    open_tasks,
    reassign_task,
    remind_of_tasks,
    reopen_task,
    settle_tasks,
)
from openpsm.org.operations.tokens import authenticate_token, make_token, revoke_token

__all__ = [
    "AlreadySetUp",
    "Invitation",
    "NewTask",
    "NewUser",
    "Note",
    "authenticate_token",
    "change_password",
    "close_department",
    "complete_task",
    "confirm_password",
    "create_department",
    "create_role",
    "deactivate_user",
    "delete_role",
    "drop_task",
    "end_other_sessions",
    "end_session",
    "end_sessions_of",
    "first_setup",
    "follow",
    "grant_role",
    "install",
    "invite_user",
    "invite_users",
    "make_token",
    "mark_read",
    "move_department",
    "notify",
    "open_task",
    "open_tasks",
    "reactivate_user",
    "reassign_task",
    "remember_opened",
    "remind_of_tasks",
    "rename_department",
    "reopen_department",
    "reopen_task",
    "request_reset",
    "reset_by_administrator",
    "reset_password",
    "revoke_role",
    "revoke_token",
    "set_managers",
    "settle_tasks",
    "sign_in",
    "unfollow",
    "update_profile",
    "update_role",
    "update_user",
]
