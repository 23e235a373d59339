"""What a person may be allowed to do. Roles are named sets of these; a superuser flag bypasses nothing.

Rule: docs/business-rules.md#access
"""

from enum import StrEnum


class Permission(StrEnum):
    """One allowed deed; the value is stored in roles and must never be renamed."""

    # reach: what is seen beyond own, team and managed departments
    PROJECT_VIEW_ALL = "project.view_all"
    ACCOUNT_VIEW_ALL = "account.view_all"
    # customers
    ACCOUNT_CREATE = "account.create"
    ACCOUNT_EDIT = "account.edit"
    ACCOUNT_DELETE = "account.delete"
    ACCOUNT_MERGE = "account.merge"
    CONTACT_EDIT = "contact.edit"
    CONTACT_REACH = "contact.reach"  # phones, mail and chat names of contacts
    PRODUCT_EDIT = "product.edit"
    # projects
    REGISTRATION_CREATE = "registration.create"
    REGISTRATION_ARBITRATE = "registration.arbitrate"
    REGISTRATION_ANYWHERE = "registration.anywhere"  # in the territories of others too
    PROJECT_EDIT = "project.edit"
    PROJECT_ADVANCE = "project.advance"
    PROJECT_CLOSE = "project.close"
    PROJECT_DELETE = "project.delete"
    PROJECT_TEAM = "project.team"
    GATE_OVERRIDE = "gate.override"
    GRADE_PIN = "grade.pin"
    TAKE_OVER = "project.take_over"
    INSIDER_VIEW = "insider.view"
    ACTIVITY_EDIT = "activity.edit"
    # administration
    USER_ADMIN = "user.admin"
    ROLE_ADMIN = "role.admin"
    SETTINGS_ADMIN = "settings.admin"
    PROCESS_ADMIN = "process.admin"
    AUDIT_VIEW = "audit.view"
    JOB_VIEW = "job.view"
    EXPORT = "data.export"
    IMPORT = "data.import"
    VIEW_SHARE = "view.share"


SELLER = frozenset(
    {
        Permission.ACCOUNT_CREATE,
        Permission.ACCOUNT_EDIT,
        Permission.CONTACT_EDIT,
        Permission.CONTACT_REACH,
        Permission.REGISTRATION_CREATE,
        Permission.PROJECT_EDIT,
        Permission.PROJECT_ADVANCE,
        Permission.PROJECT_CLOSE,
        Permission.PROJECT_TEAM,
        Permission.ACTIVITY_EDIT,
        Permission.INSIDER_VIEW,
    }
)
MANAGER = SELLER | {
    Permission.REGISTRATION_ARBITRATE,
    Permission.GATE_OVERRIDE,
    Permission.GRADE_PIN,
    Permission.PROJECT_DELETE,
    Permission.ACCOUNT_DELETE,
    Permission.ACCOUNT_MERGE,
    Permission.EXPORT,
    Permission.VIEW_SHARE,
}
EXECUTIVE = MANAGER | {
    Permission.PROJECT_VIEW_ALL,
    Permission.ACCOUNT_VIEW_ALL,
    Permission.AUDIT_VIEW,
    Permission.TAKE_OVER,
    Permission.REGISTRATION_ANYWHERE,
    Permission.PRODUCT_EDIT,
    Permission.IMPORT,
}

#: Roles shipped with a new installation: key, English name, Chinese name, permissions.
SHIPPED_ROLES: tuple[tuple[str, str, str, frozenset[Permission]], ...] = (
    ("seller", "Seller", "销售", SELLER),
    ("sales-manager", "Sales manager", "销售经理", MANAGER),
    ("executive", "Executive", "高管", EXECUTIVE),
    ("presales", "Presales", "售前/技术", frozenset({Permission.ACTIVITY_EDIT, Permission.CONTACT_REACH})),
    ("finance", "Finance", "财务", frozenset({Permission.PROJECT_VIEW_ALL, Permission.ACCOUNT_VIEW_ALL})),
    (
        "market",
        "Market",
        "市场",
        frozenset(
            {
                Permission.PROJECT_VIEW_ALL,
                Permission.ACCOUNT_VIEW_ALL,
                Permission.ACCOUNT_MERGE,
                Permission.PRODUCT_EDIT,
            }
        ),
    ),
    ("legal", "Legal", "法务", frozenset({Permission.PROJECT_VIEW_ALL, Permission.ACCOUNT_VIEW_ALL})),
    ("collection", "Collection office", "清欠办", frozenset({Permission.ACCOUNT_VIEW_ALL, Permission.ACTIVITY_EDIT})),
    ("supply", "Purchasing and supply", "采购/供应", frozenset({Permission.ACCOUNT_VIEW_ALL, Permission.PRODUCT_EDIT})),
    (
        "administrator",
        "Administrator",
        "管理员",
        frozenset(
            {
                Permission.USER_ADMIN,
                Permission.ROLE_ADMIN,
                Permission.SETTINGS_ADMIN,
                Permission.PROCESS_ADMIN,
                Permission.AUDIT_VIEW,
                Permission.JOB_VIEW,
                Permission.IMPORT,
                Permission.VIEW_SHARE,
            }
        ),
    ),
)
