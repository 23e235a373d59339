"""Users and departments as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.core.text import sort_key
from openpsm.exchange.imports import parsers
from openpsm.exchange.imports.kinds import base
from openpsm.exchange.imports.kinds.base import Column, Context, Created, Draft, Kind, Values
from openpsm.org import access, operations, rules
from openpsm.org.models import Department, Role, User
from openpsm.org.operations import NewUser
from openpsm.org.operations.people import user_errors
from openpsm.org.permissions import Permission

# --- departments


def check_departments(drafts: Sequence[Draft], ctx: Context) -> None:
    """A path names the department and those above it, each of which exists or stands in an earlier row."""
    known = {path.casefold(): one for path, one in _paths(ctx).items()}
    for draft in drafts:
        path = _full_path(draft.values)
        names = base.names_of(path)
        above, name = base.joined(names[:-1]), names[-1] if names else ""
        draft.values = {"path": path, "name": name, "above": above, "depth": len(names)}
        if not name or len(name) > 100:
            draft.errors["name"] = _("Give a name of at most 100 characters.")
        elif above and above.casefold() not in known and hash(above.casefold()) not in ctx.seen:
            draft.errors["parent"] = _("There is no department “%(name)s” above it, nor in a row before.") % {
                "name": above
            }
        elif path.casefold() in known:
            draft.errors["name"] = _("There is already a department of this name here.")
        elif (earlier := ctx.twice(path.casefold(), draft.number)) is not None:
            draft.errors["name"] = _("Row %(row)s says the same.") % {"row": earlier}


def _paths(ctx: Context) -> dict[str, Department]:
    return base.department_paths(Department.objects.visible_to(ctx.by))


def _full_path(values: Mapping[str, Any]) -> str:
    return base.joined(name for key in ("parent", "name") for name in base.names_of(str(values.get(key, ""))))


def create_departments(rows: Sequence[tuple[int, Values]], ctx: Context) -> list[Created]:
    """Make departments level by level: one call into the domain for each level of the tree."""
    made: dict[int, Department] = {}
    for depth in sorted({values["depth"] for _number, values in rows}):
        known = {path.casefold(): one.pk for path, one in _paths(ctx).items()}
        level = [(number, values) for number, values in rows if values["depth"] == depth]
        given = [
            (values["name"], known[values["above"].casefold()] if values["above"] else None) for _n, values in level
        ]
        created = operations.create_departments(rows=given, by=ctx.by, at=ctx.at)
        made |= {number: one for (number, _values), one in zip(level, created, strict=True)}
    ctx.forget()
    return [(made[number].pk, made[number].version) for number, _values in rows]


DEPARTMENTS = Kind(
    key="departments",
    label=gettext_lazy("Departments"),
    permissions=(Permission.USER_ADMIN,),
    columns=(
        Column(
            "name",
            "部门",
            "Department",
            parsers.text(200),
            ("部门名称", "名称", "name", "regional_office"),
            True,
            "华东销售部",
        ),
        Column(
            "parent",
            "上级部门",
            "Above",
            parsers.text(400),
            ("所属部门", "parent", "parent department"),
            False,
            "销售中心",
        ),
    ),
    match_fields=(),
    check=check_departments,
    create=create_departments,
    withdraw=lambda versions, ctx: operations.withdraw_departments(versions=versions, by=ctx.by, at=ctx.at),
)


# --- users


def check_users(drafts: Sequence[Draft], ctx: Context) -> None:
    """Check people; without a user name one is made of the name's pinyin (2 queries)."""
    for draft in drafts:
        if not draft.values.get("username") and draft.values.get("name"):
            draft.values["username"] = sort_key(draft.values["name"]).replace(" ", "")
            draft.warnings["username"] = _("The user name will be “%(name)s”.") % {"name": draft.values["username"]}
        draft.values["username"] = rules.normal_username(draft.values.get("username", ""))
    names = {draft.values["username"] for draft in drafts}
    taken = dict(User.objects.visible_to(ctx.by).filter(username__in=names).values_list("username", "pk"))
    roles = _roles(ctx)
    for draft in drafts:
        base.resolve(draft, "department", "department_id", lambda text: ctx.department(text).pk)
        _resolve_roles(draft, roles)
        for key, messages in user_errors(draft.values).items():
            draft.errors.setdefault(key, " ".join(messages))
        base.check_past(draft, "left_on", timezone.localdate(ctx.at))
        earlier = ctx.twice(draft.values["username"], draft.number)
        if earlier is not None:
            draft.errors["username"] = _("Row %(row)s has the same user name.") % {"row": earlier}
        elif draft.values["username"] in taken and ctx.update_by:
            draft.match_id = taken[draft.values["username"]]
            if draft.values.get("left_on"):
                draft.warnings["left_on"] = _("Who is here already is deactivated on their page, not by a table.")
        elif draft.values["username"] in taken:
            draft.errors["username"] = _("This user name is taken.")


def _roles(ctx: Context) -> dict[str, str]:
    rows = Role.objects.visible_to(ctx.by).values_list("key", "name_en", "name_zh")
    return {name.casefold(): row[0] for row in rows for name in row}


def _resolve_roles(draft: Draft, roles: Mapping[str, str]) -> None:
    texts = [one.strip() for one in str(draft.values.pop("roles", "")).replace("；", ";").replace("、", ";").split(";")]
    wanted = [one for one in texts if one]
    unknown = [one for one in wanted if one.casefold() not in roles]
    if unknown:
        draft.errors["roles"] = _("There is no role “%(name)s”.") % {"name": unknown[0][:60]}
    else:
        draft.values["role_keys"] = sorted({roles[one.casefold()] for one in wanted})


def create_users(rows: Sequence[tuple[int, Values]], ctx: Context) -> list[Created]:
    """Add people who cannot sign in until somebody gives them an initial password: a table holds no passwords."""
    names = ("name", "username", "email", "phone", "title")
    given = [
        NewUser(
            **{name: values.get(name, "") for name in names},
            department_id=values.get("department_id"),
            role_keys=tuple(values.get("role_keys", ())),
            joined_on=stored_day(values.get("joined_on")),
            left_at=base.instant(values["left_on"]) if values.get("left_on") else None,
            password_hash=make_password(None),
        )
        for _number, values in rows
    ]
    made = operations.invite_users(rows=given, by=ctx.by, at=ctx.at)
    ctx.forget()
    access.forget(ctx.by)
    return [(one.user.pk, one.user.version) for one in made]


def stored_day(text: str | None) -> date | None:
    """Return the day of a stored value."""
    return date.fromisoformat(text) if text else None


def update_user(pk: int, values: Values, ctx: Context) -> tuple[int, Values]:
    """Change what an administrator keeps of a person; roles are not changed by a table."""
    names = ("name", "email", "phone", "title", "department_id")
    changes: Values = {name: values[name] for name in names if values.get(name)}
    if values.get("joined_on"):
        changes["joined_on"] = stored_day(values["joined_on"])
    before = User.objects.visible_to(ctx.by).get(pk=pk)
    kept = {name: getattr(before, name) for name in changes}
    user = operations.update_user(user_id=pk, version=None, changes=changes, by=ctx.by, at=ctx.at)
    return user.version, kept if user.version != before.version else {}


def _stored(before: Values) -> Values:
    return {name: stored_day(value) if name == "joined_on" else value for name, value in before.items()}


USERS = Kind(
    key="users",
    label=gettext_lazy("Users"),
    permissions=(Permission.USER_ADMIN,),
    columns=(
        Column(
            "name", "姓名", "Name", parsers.text(60), ("员工姓名", "sales_agent", "sales agent", "人员"), True, "李娜"
        ),
        Column(
            "username", "用户名", "User name", parsers.text(60), ("账号", "登录名", "工号", "username"), False, "lina"
        ),
        Column("email", "邮箱", "E-mail", parsers.text(254), ("电子邮箱", "邮件")),
        Column("phone", "手机", "Mobile", parsers.code(30), ("手机号", "电话", "联系电话")),
        Column("title", "职务", "Post", parsers.text(60), ("职位", "岗位")),
        Column("department", "部门", "Department", parsers.text(400), ("所属部门", "regional_office")),
        Column("roles", "角色", "Roles", parsers.text(200), ("role", "权限角色"), False, "销售"),
        Column("joined_on", "入职日期", "Joined on", parsers.day, ("入职时间",)),
        Column("left_on", "离职日期", "Left on", parsers.day, ("离职时间",)),
    ),
    match_fields=("username",),
    check=check_users,
    create=create_users,
    update=update_user,
    restore=lambda pk, version, before, ctx: operations.update_user(
        user_id=pk, version=version, changes=_stored(before), by=ctx.by, at=ctx.at
    ),
    withdraw=lambda versions, ctx: operations.withdraw_users(versions=versions, by=ctx.by, at=ctx.at),
    chunk=50,
)
