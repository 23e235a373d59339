"""Permissions in the words of the role page, in groups."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from openpsm.org.permissions import Permission

P = Permission
GROUPS: tuple[tuple[Any, tuple[tuple[Permission, Any], ...]], ...] = (
    (
        _("What is seen"),
        (
            (P.PROJECT_VIEW_ALL, _("See all projects")),
            (P.ACCOUNT_VIEW_ALL, _("See all accounts")),
            (P.CONTACT_REACH, _("See phones, mail and chat names of contacts")),
            (P.INSIDER_VIEW, _("See who supports us inside")),
        ),
    ),
    (
        _("Customers and products"),
        (
            (P.ACCOUNT_CREATE, _("Create accounts")),
            (P.ACCOUNT_EDIT, _("Change accounts")),
            (P.ACCOUNT_DELETE, _("Delete accounts")),
            (P.ACCOUNT_MERGE, _("Merge duplicate accounts")),
            (P.CONTACT_EDIT, _("Create and change contacts")),
            (P.PRODUCT_EDIT, _("Change products")),
            (P.REGISTRATION_CREATE, _("Register customers and projects")),
            (P.REGISTRATION_ARBITRATE, _("Decide between two claims")),
            (P.REGISTRATION_ANYWHERE, _("Register outside one's territory")),
        ),
    ),
    (
        _("Projects"),
        (
            (P.PROJECT_EDIT, _("Change projects")),
            (P.PROJECT_ADVANCE, _("Move projects through the stages")),
            (P.PROJECT_CLOSE, _("Close projects and put them on hold")),
            (P.PROJECT_TEAM, _("Set the team")),
            (P.PROJECT_DELETE, _("Delete projects")),
            (P.GATE_OVERRIDE, _("Override closed gates")),
            (P.GRADE_PIN, _("Pin the grade")),
            (P.TAKE_OVER, _("Take over running projects")),
            (P.ACTIVITY_EDIT, _("Plan and log activities")),
        ),
    ),
    (
        _("Administration"),
        (
            (P.USER_ADMIN, _("Administer users and departments")),
            (P.ROLE_ADMIN, _("Administer roles")),
            (P.SETTINGS_ADMIN, _("Change settings and custom fields")),
            (P.PROCESS_ADMIN, _("Administer processes")),
            (P.AUDIT_VIEW, _("Read the audit log")),
            (P.JOB_VIEW, _("See jobs and run parked ones again")),
            (P.EXPORT, _("Export data")),
            (P.IMPORT, _("Import data")),
            (P.VIEW_SHARE, _("Share views of lists with others")),
        ),
    ),
)
CHOICES: tuple[tuple[str, Any], ...] = tuple((key.value, label) for _group, rows in GROUPS for key, label in rows)
