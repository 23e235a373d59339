"""Users in a tree of departments, and what roles allow them.

Rule: docs/business-rules.md#access
"""

from typing import TYPE_CHECKING, ClassVar, cast

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openpsm.core.text import SortKeyField
from openpsm.core.versions import Versioned
from openpsm.org.querysets import DepartmentQuerySet, RoleQuerySet, UserQuerySet
from openpsm.org.rules import normal_username

if TYPE_CHECKING:
    from openpsm.org.access import Reach


class Department(Versioned):
    """A node of the tree; `path` is `/1/4/9/`, ids from the root down to this one, so that a subtree is a prefix."""

    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=200, db_index=True, null=True)  # noqa: DJ001 - null until the id is known
    is_active = models.BooleanField(default=True)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("department")
        constraints: ClassVar = [
            models.UniqueConstraint(Coalesce("parent", 0), "name", name="department_name_unique_below_parent"),
            # with a condition, so that moving a department keeps nobody waiting who only points to it
            models.UniqueConstraint(
                fields=["path"], condition=models.Q(path__isnull=False), name="department_path_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]  # made at run time
    """Finds users by the name they sign in with, upper and lower case alike."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return cast("User", self.get(username=normal_username(username or "")))


class User(AbstractBaseUser):
    """A member of staff. Access ends with the request after `is_active` is taken away.

    `list_choices` are kept columns and the first view of each list: `{"projects": {"columns": [...], "view": 7}}`.
    `username` is stored in the form of `rules.normal_username`, so that upper case and width do not count.
    """

    username = models.CharField(_("user name"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=60)
    sort_key = SortKeyField()
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("mobile phone"), max_length=30, blank=True)
    title = models.CharField(_("post"), max_length=60, blank=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="members")
    language = models.CharField(_("language"), max_length=10, blank=True)
    theme = models.CharField(_("theme"), max_length=10, blank=True)
    amount_unit = models.CharField(_("amounts shown in"), max_length=5, default="yuan")
    list_choices = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    must_change_password = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    joined_on = models.DateField(null=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]
    objects: ClassVar[UserManager] = UserManager()
    _reach: "Reach | None" = None

    class Meta:
        verbose_name = _("user")
        indexes: ClassVar = [models.Index(fields=["sort_key", "id"], name="user_by_name")]

    def __str__(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.name


class DepartmentManager(models.Model):
    """A user who manages a department: a relation, not a role; a department has any number of managers."""

    department = models.ForeignKey(Department, models.CASCADE, related_name="manager_links")
    user = models.ForeignKey(User, models.CASCADE, related_name="managed_links")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["department", "user"], name="department_manager_once")]

    def __str__(self) -> str:
        return f"{self.user_id} manages {self.department_id}"


class Role(Versioned):
    """A named set of permissions, held everywhere, in a department or on one project."""

    key = models.SlugField(max_length=40, unique=True)
    name_en = models.CharField(max_length=60)
    name_zh = models.CharField(max_length=60)
    permissions = models.JSONField(default=list)

    objects = RoleQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("set of permissions", "role")

    def __str__(self) -> str:
        return self.key


class RoleGrant(models.Model):
    """A role held by a user: everywhere, in a department's subtree, or on one project (`project_id`)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    role = models.ForeignKey(Role, models.PROTECT, related_name="grants")
    department = models.ForeignKey(Department, models.CASCADE, null=True, blank=True)
    project_id = models.BigIntegerField(null=True, blank=True)
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "user", "role", Coalesce("department", 0), Coalesce("project_id", 0), name="role_granted_once"
            ),
            models.CheckConstraint(
                condition=models.Q(department__isnull=True) | models.Q(project_id__isnull=True),
                name="role_grant_one_scope",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} holds {self.role_id}"
