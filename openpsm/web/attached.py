"""Which records take files, who reads them and who changes them: asked again with every single download."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model
from django.urls import reverse

from openpsm.accounts.models import Account
from openpsm.activities.models import Activity
from openpsm.core import attachments
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project


@dataclass(frozen=True)
class Holder:
    """A kind of record with files: its name in addresses, its model, and the page on which its files stand."""

    key: str
    model: type[Model]
    page: str
    permissions: tuple[Permission, ...]

    def find(self, user: User, pk: int) -> Any:
        """Return the visible record with its department, None if there is none (1 query)."""
        rows = self.model._default_manager.select_related("department")
        return rows.visible_to(user).filter(pk=pk).first()  # type: ignore[attr-defined]  # QuerySets with visibility

    def may_write(self, user: User, record: Any) -> bool:
        """Say whether the user may add and remove files (at most 1 query)."""
        if isinstance(record, Activity):
            own = record.owner_id == user.pk or access.reach(user).manages(record.department.path or "")
            return own and access.can(user, Permission.ACTIVITY_EDIT)
        return any(access.can(user, permission, on=record) for permission in self.permissions)

    def url(self, pk: int) -> str:
        return reverse(f"web:{self.page}", args=[pk])


_EDIT = (Permission.PROJECT_EDIT, Permission.ACTIVITY_EDIT)
HOLDERS: Mapping[str, Holder] = {
    holder.key: holder
    for holder in (
        Holder("projects", Project, "project-files", _EDIT),
        Holder("accounts", Account, "account-files", (Permission.ACCOUNT_EDIT, Permission.ACTIVITY_EDIT)),
        Holder("activities", Activity, "activity-detail", (Permission.ACTIVITY_EDIT,)),
    )
}


def holder_of(record: Model) -> Holder:
    """Return how records of this kind hold their files."""
    return next(holder for holder in HOLDERS.values() if isinstance(record, holder.model))


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    for holder in HOLDERS.values():
        attachments.register(holder.model, readable=_readable(holder), writable=_writable(holder))


def _readable(holder: Holder) -> attachments.Access:
    def ask(user: AbstractBaseUser, pk: int) -> bool:
        return isinstance(user, User) and holder.find(user, pk) is not None

    return ask


def _writable(holder: Holder) -> attachments.Access:
    def ask(user: AbstractBaseUser, pk: int) -> bool:
        record = holder.find(user, pk) if isinstance(user, User) else None
        return isinstance(user, User) and record is not None and holder.may_write(user, record)

    return ask
