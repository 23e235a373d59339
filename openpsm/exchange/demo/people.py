"""Departments and staff of the demo company: every shipped role is held by somebody."""

from collections.abc import Mapping
from datetime import datetime

from openpsm.org import operations
from openpsm.org.models import Department, User
from openpsm.org.operations import NewUser

ADMINISTRATOR = ("admin", "许志清", "系统管理员")
COMPANY = "远岭润滑科技"
#: Department and the one above it.
DEPARTMENTS = (
    (COMPANY, None),
    ("销售中心", COMPANY),
    ("华东销售部", "销售中心"),
    ("华北销售部", "销售中心"),
    ("技术服务部", COMPANY),
    ("市场部", COMPANY),
    ("财务部", COMPANY),
    ("清欠办公室", "财务部"),
    ("法务部", COMPANY),
    ("供应部", COMPANY),
)
#: User name, name, post, department, role.
STAFF = (
    ("zhouqm", "周启明", "总经理", COMPANY, "executive"),
    ("shenrn", "沈若楠", "华东大区经理", "华东销售部", "sales-manager"),
    ("hanlx", "韩立新", "华北大区经理", "华北销售部", "sales-manager"),
    ("chensy", "陈思远", "销售工程师", "华东销售部", "seller"),
    ("zhaoxt", "赵晓彤", "销售工程师", "华东销售部", "seller"),
    ("sunhr", "孙浩然", "销售工程师", "华北销售部", "seller"),
    ("wujn", "吴佳宁", "见习销售", "华北销售部", "seller"),
    ("hejp", "何建平", "润滑技术工程师", "技术服务部", "presales"),
    ("tangwq", "唐婉清", "财务主管", "财务部", "finance"),
    ("fengyt", "冯雨桐", "市场专员", "市场部", "market"),
    ("dengsh", "邓书恒", "法务专员", "法务部", "legal"),
    ("pengyg", "彭永刚", "清欠专员", "清欠办公室", "collection"),
    ("luojy", "罗静怡", "供应主管", "供应部", "supply"),
)
MANAGERS = {COMPANY: "zhouqm", "华东销售部": "shenrn", "华北销售部": "hanlx"}


def create_people(at: datetime, *, by: User | None, password: str) -> list[User]:
    """Create departments, staff and managers; without `by` the administrator too. The administrator comes first."""
    administrator = by or _administrator(password, at)
    departments = _departments(administrator, at)
    rows = [_new(row, departments, password) for row in STAFF]
    invited = operations.invite_users(rows=rows, by=administrator, at=at)
    users = {invitation.user.username: invitation.user for invitation in invited}
    for name, username in MANAGERS.items():
        operations.set_managers(
            department_id=departments[name].pk, user_ids=[users[username].pk], version=None, by=administrator, at=at
        )
    return [administrator, *users.values()]


def _administrator(password: str, at: datetime) -> User:
    username, name, title = ADMINISTRATOR
    user = operations.first_setup(
        name=name, username=username, password=password, language="zh-hans", is_business=False, at=at
    )
    return operations.update_user(user_id=user.pk, version=None, changes={"title": title}, by=user, at=at)


def _departments(by: User, at: datetime) -> Mapping[str, Department]:
    made: dict[str, Department] = {}
    for name, above in DEPARTMENTS:
        parent_id = made[above].pk if above else None
        made[name] = operations.create_department(name=name, parent_id=parent_id, by=by, at=at)
    return made


def _new(row: tuple[str, str, str, str, str], departments: Mapping[str, Department], password: str) -> NewUser:
    username, name, title, department, role = row
    return NewUser(
        username=username,
        name=name,
        title=title,
        department_id=departments[department].pk,
        role_keys=(role,),
        language="zh-hans",
        password=password,
        must_change=not password,
    )
