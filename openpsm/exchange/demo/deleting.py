"""Deleting the demo company, so that a trial becomes the real thing. Rule: docs/business-rules.md#demo-company

The history keeps its events and therefore its people, who can no longer sign in; everything else goes for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account, Competitor, Contact, LossRecord
from openpsm.activities.models import Activity, Comment
from openpsm.buying.models import Contender, Stakeholder
from openpsm.catalog.models import Product
from openpsm.core import events, memo
from openpsm.core.errors import DomainError
from openpsm.core.locks import lock_rows
from openpsm.core.models import Attachment, SealKey
from openpsm.core.models.configuration import CustomField
from openpsm.evaluation.models import Evaluation
from openpsm.exchange.demo import marking
from openpsm.insights.models import Alert
from openpsm.org import access, operations
from openpsm.org.models import (
    Approval,
    BulkEdit,
    Department,
    DepartmentManager,
    Follow,
    Handover,
    Notification,
    Recent,
    RoleGrant,
    SavedView,
    Task,
    User,
)
from openpsm.org.permissions import Permission
from openpsm.projects.models import (
    ClosingReport,
    Confirmation,
    Debt,
    GateReview,
    Party,
    Project,
    ProjectProduct,
)
from openpsm.projects.operations import rebuild_totals
from openpsm.registrations.models import Arbitration, Registration

#: So many of one's own records that stand in the way are named.
NAMED = 10


@dataclass(frozen=True)
class Demo:
    """The ids of what the demo company still consists of."""

    projects: frozenset[int]
    accounts: frozenset[int]
    products: frozenset[int]
    departments: frozenset[int]
    users: frozenset[int]
    competitors: frozenset[int]
    fields: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.projects or self.accounts or self.products or self.departments)


def remaining(*, but: User) -> Demo:
    """Return what is there of the demo company, without the person who asks (7 queries; 1 where there is none)."""
    made = marking.subjects()

    def there(rows: QuerySet[Any]) -> frozenset[int]:
        known = made.get(rows.model._meta.label_lower, set())
        return frozenset(rows.filter(pk__in=known).values_list("pk", flat=True)) if known else frozenset()

    return Demo(
        projects=there(Project._base_manager.all()),
        accounts=there(Account._base_manager.all()),
        products=there(Product._base_manager.all()),
        departments=there(Department._base_manager.all()),
        users=there(User._base_manager.filter(is_active=True).exclude(pk=but.pk)),
        competitors=there(Competitor._base_manager.all()),
        fields=there(CustomField._base_manager.all()),
    )


def in_the_way(demo: Demo) -> list[str]:
    """Return the names of records of one's own that hang on the demo company and would lose their footing.

    What was written on its records themselves — visits, comments, people — goes with them. At most NAMED (5 queries).
    """
    own_projects = Project._base_manager.exclude(pk__in=demo.projects)
    on_accounts = Q(account__in=demo.accounts) | Q(
        pk__in=Party._base_manager.filter(account__in=demo.accounts).values("project")
    )
    on_people = Q(pk__in=Stakeholder._base_manager.filter(account__in=demo.accounts).values("project"))
    on_products = Q(pk__in=ProjectProduct._base_manager.filter(product__in=demo.products).values("project"))
    held = on_accounts | on_people | on_products | Q(department__in=demo.departments)
    own_accounts = Account._base_manager.exclude(pk__in=demo.accounts).filter(department__in=demo.departments)
    own_users = User._base_manager.filter(is_active=True, department__in=demo.departments).exclude(pk__in=demo.users)
    own_departments = Department._base_manager.filter(parent__in=demo.departments).exclude(pk__in=demo.departments)
    own_visits = Activity._base_manager.filter(department__in=demo.departments).exclude(
        Q(project__in=demo.projects) | Q(account__in=demo.accounts)
    )
    rows: list[QuerySet[Any]] = [own_projects.filter(held), own_accounts, own_users, own_departments, own_visits]
    names = [str(one) for found in rows for one in found.order_by("pk")[:NAMED]]
    return names[:NAMED]


def delete_demo(*, by: User, at: datetime) -> Demo:
    """Delete the demo company for good; its people are deactivated. Returns what it consisted of.

    One event for the whole and one for each deactivated person. Raises NotAllowed without the rights over settings
    and users of the whole company, DomainError "no-demo" and "demo-in-use".
    """
    for permission in (Permission.SETTINGS_ADMIN, Permission.USER_ADMIN):
        access.require_over(by, permission)
    with transaction.atomic():
        lock_rows(User, marking.subjects().get(User._meta.label_lower, ()))  # whoever still loads it is waited for
        demo = remaining(but=by)
        if not demo:
            raise DomainError(_("There is no demo company here."), code="no-demo")
        names = in_the_way(demo)
        if names:
            message = _("These are yours and hang on the demo company; move or delete them first: %(names)s.")
            raise DomainError(message % {"names": _(", ").join(names)}, code="demo-in-use")
        _delete_business(demo)
        _retire_people(demo, by=by, at=at)
        rebuild_totals()
        counts: dict[str, Any] = {"projects": len(demo.projects), "accounts": len(demo.accounts)}
        events.record("demo.deleted", subject=by, by=by, at=at, **counts, users=len(demo.users))
    return demo


def _delete_business(demo: Demo) -> None:
    contacts = list(Contact._base_manager.filter(account__in=demo.accounts).values_list("pk", flat=True))
    activities = Activity._base_manager.filter(Q(project__in=demo.projects) | Q(account__in=demo.accounts))
    gone: dict[type[Model], Iterable[int]] = {
        Project: demo.projects,
        Account: demo.accounts,
        Activity: list(activities.values_list("pk", flat=True)),
        Contact: contacts,
        Stakeholder: list(
            Stakeholder._base_manager.filter(project__in=demo.projects).values_list("pk", flat=True),
        ),
        Product: demo.products,
        Task: list(_tasks(demo).values_list("pk", flat=True)),
        User: demo.users,
    }
    _delete_around(gone)
    for rows in _in_order(demo, gone):
        rows.delete()


def _tasks(demo: Demo) -> QuerySet[Task]:
    about = Q(subject_type="accounts.account", subject_id__in=demo.accounts)
    return Task._base_manager.filter(Q(project_id__in=demo.projects) | Q(owner__in=demo.users) | about)


def _delete_around(gone: dict[type[Model], Iterable[int]]) -> None:
    """Delete what names records by kind and number: what was followed, opened or told, and keys of sealed values."""
    for model, ids in gone.items():
        label = model._meta.label_lower
        for around in (Follow, Recent, Notification):
            around._base_manager.filter(subject_type=label, subject_id__in=ids).delete()
        SealKey._base_manager.filter(owner_type=label, owner_id__in=ids).delete()


def _in_order(demo: Demo, gone: dict[type[Model], Iterable[int]]) -> Iterator[QuerySet[Any]]:
    """Yield the rows to delete, those that point to others before the others."""
    project = Q(project__in=demo.projects)
    about_account = Q(account__in=demo.accounts)
    yield Comment._base_manager.filter(project | about_account | Q(activity__in=gone[Activity]))
    yield Activity._base_manager.filter(pk__in=gone[Activity])
    yield Task._base_manager.filter(pk__in=gone[Task])
    for part in (Evaluation, Debt, GateReview, Confirmation):
        yield part._base_manager.filter(project)
    yield from _claims(project | about_account)
    yield Project._base_manager.filter(pk__in=demo.projects)
    for model in (Project, Account, Activity):
        yield Attachment._base_manager.filter(root_type=model._meta.label_lower, root_id__in=gone[model])
    yield Contact._base_manager.filter(pk__in=gone[Contact])
    yield Alert._base_manager.filter(seller__in=demo.users)
    yield Handover._base_manager.filter(giver__in=demo.users)
    yield Account._base_manager.filter(pk__in=demo.accounts)
    yield Product._base_manager.filter(pk__in=demo.products)
    yield Competitor._base_manager.filter(pk__in=demo.competitors).exclude(
        Q(pk__in=Contender._base_manager.values("competitor"))
        | Q(pk__in=ClosingReport._base_manager.filter(winner__isnull=False).values("winner"))
        | Q(pk__in=LossRecord._base_manager.filter(winner__isnull=False).values("winner"))
    )
    if not Project._base_manager.exists():
        yield CustomField._base_manager.filter(pk__in=demo.fields)


def _claims(about: Q) -> Iterator[QuerySet[Any]]:
    """Yield registrations behind what decides between two of them; one that is contested has no record of its own."""
    contested = Arbitration._base_manager.filter(about)
    claims = list(contested.values_list("claim", flat=True))
    approvals = list(contested.exclude(approval=None).values_list("approval", flat=True))
    yield contested
    yield Approval._base_manager.filter(pk__in=approvals)
    yield Registration._base_manager.filter(about | Q(pk__in=claims))


def _retire_people(demo: Demo, *, by: User, at: datetime) -> None:
    """Deactivate the people of the demo and close their departments; nothing of theirs stays but their names."""
    for user in User._base_manager.filter(pk__in=demo.users).order_by("pk"):
        operations.deactivate_user(user_id=user.pk, version=None, by=by, at=at)
    for model in (SavedView, BulkEdit, Follow, Recent, Notification, RoleGrant, DepartmentManager):
        owner = {SavedView: "owner", BulkEdit: "by"}.get(model, "user")
        model._base_manager.filter(**{f"{owner}__in": demo.users}).delete()
    SavedView._base_manager.filter(department__in=demo.departments).update(department=None)
    User._base_manager.filter(department__in=demo.departments).update(department=None)
    for department in Department._base_manager.filter(pk__in=demo.departments).order_by("-path"):
        department.delete()
    memo.forget("core.custom")
