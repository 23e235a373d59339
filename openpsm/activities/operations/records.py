"""Taking hold of an activity and of what it belongs to: what every operation does first and last."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict

from django.conf import settings
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.activities.models import Activity
from openpsm.buying.operations.values import Changed, assign
from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput, Message, NotAllowed
from openpsm.core.locks import lock_rows
from openpsm.core.versions import require_version
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects import operations as projects
from openpsm.projects.models import Project
from openpsm.projects.operations.records import locked

Root = Project | Account


class ActivityValues(TypedDict, total=False):
    """What may be said of an activity; `hours` and `cost` are optional, cost in `cost_currency`."""

    kind: str
    planned_on: date | None
    done_on: date | None
    purpose: str
    wanted_result: str
    result: str
    effect: str
    next_step: str
    next_on: date | None
    place: str
    hours: Decimal | None
    cost: Decimal | None
    cost_currency: str


FIELDS = frozenset(ActivityValues.__annotations__)


def root(project_id: int | None, account_id: int | None, *, by: User) -> Root:
    """Lock the project, or without one the account, that the activity belongs to (1–2 queries beside the reach).

    Raises DoesNotExist for what the user does not see, NotAllowed, InvalidInput when neither is given.
    """
    if project_id is not None:
        return locked(project_id, by=by, permission=Permission.ACTIVITY_EDIT)
    if account_id is None:
        raise InvalidInput({"project_id": _("Choose a project or a customer.")})
    lock_rows(Account, [account_id])
    account: Account = Account.objects.visible_to(by).select_related("department").get(pk=account_id)
    access.require(by, Permission.ACTIVITY_EDIT, on=account)
    return account


def new(belongs_to: Root, *, account_id: int | None, by: User, at: datetime) -> Activity:
    """Return an unsaved activity of the user's at a project or account."""
    department_id = belongs_to.department_id or by.department_id
    if department_id is None:
        raise DomainError(
            _("You belong to no department. Ask an administrator to put you into one."), code="no-department"
        )
    activity = Activity(owner=by, department_id=department_id, cost_currency=settings.OPENPSM_CURRENCY)
    activity.created_at, activity.updated_at, activity.created_by = at, at, by
    if isinstance(belongs_to, Account):
        activity.account = belongs_to
        return activity
    activity.project, activity.account_id = belongs_to, account_id or belongs_to.account_id
    if activity.account_id != belongs_to.account_id and not _sees_account(activity.account_id, by):
        raise InvalidInput({"account_id": _("Choose one of the accounts that you see.")})
    return activity


def _sees_account(account_id: int, by: User) -> bool:
    return Account.objects.visible_to(by).filter(pk=account_id).exists()


def loaded(activity_id: int, *, by: User, version: int | None) -> tuple[Activity, Root]:
    """Load an activity that the user sees, and lock what it belongs to (3 queries beside the reach)."""
    seen = Activity.objects.visible_to(by)
    project_id, account_id = seen.values_list("project_id", "account_id").get(pk=activity_id)
    belongs_to = root(project_id, account_id, by=by)
    activity: Activity = seen.select_related("department").get(pk=activity_id)
    require_version(activity, version)
    return activity, belongs_to


def require_author(activity: Activity, by: User) -> None:
    """Raise NotAllowed unless the user did (or plans to do) it, or manages its department."""
    if activity.owner_id != by.pk and not access.reach(by).manages(activity.department.path or ""):
        raise NotAllowed(_("Only the person whose activity it is, or their manager, may change it."))


def put(activity: Activity, values: Mapping[str, Any]) -> Changed:
    """Set the values and check their shape; return what changed."""
    changed = assign(activity, values, allowed=FIELDS)
    errors: dict[str, Message] = {}
    if (activity.hours or 0) < 0:
        errors["hours"] = _("Hours cannot be negative.")
    if (activity.cost or 0) < 0:
        errors["cost"] = _("A cost cannot be negative.")
    if not (len(activity.cost_currency) == 3 and activity.cost_currency.isascii() and activity.cost_currency.isupper()):
        errors["cost_currency"] = _("Write the currency with three letters, such as CNY.")
    if errors:
        raise InvalidInput(errors)
    return changed


def finish(name: str, activity: Activity, belongs_to: Root, *, by: User, at: datetime, **data: Any) -> None:
    """Keep the facts of the project in step and leave the event."""
    if isinstance(belongs_to, Project):
        projects.refresh_locked(projects=[belongs_to], at=at, by=by)
    events.record(name, subject=activity, root=belongs_to, by=by, at=at, **data)
