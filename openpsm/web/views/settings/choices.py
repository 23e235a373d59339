"""What several pages of the settings offer for choosing."""

from django.utils.translation import get_language

from openpsm.org.models import Department, Role, User
from openpsm.org.queries import department_tree


def departments(user: User, *, besides: Department | None = None) -> list[tuple[int, str]]:
    """Active departments as a tree, without one and what is below it (3 queries)."""
    hidden = (besides.path or "") if besides else ""
    return [
        (branch.department.pk, "　" * branch.depth + branch.department.name)
        for branch in department_tree(user)
        if branch.department.is_active and not (hidden and (branch.department.path or "").startswith(hidden))
    ]


def people(user: User) -> list[tuple[int, str]]:
    """Active users by name (1 query)."""
    rows = User.objects.visible_to(user).active().order_by("sort_key", "pk").values_list("pk", "name", "username")
    return [(pk, f"{name} ({username})") for pk, name, username in rows]


def role_name(role: Role) -> str:
    """The role's name in the language of the page."""
    return role.name_zh if (get_language() or "").startswith("zh") else role.name_en


def roles(user: User) -> list[Role]:
    """All roles in the order of their making (1 query)."""
    return list(Role.objects.visible_to(user).order_by("pk"))
