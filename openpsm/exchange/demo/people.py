"""Departments and staff of the demo company: every shipped role is held by somebody."""

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.hashers import is_password_usable, make_password

from openpsm.exchange.demo.words import Words
from openpsm.org import operations
from openpsm.org.models import Department, User
from openpsm.org.operations import NewUser

ADMINISTRATOR = ("admin", "许志清 | Xu Zhiqing", "系统管理员 | System administrator")
COMPANY = "远岭润滑科技 | Yuanling Lubricants"
EAST, NORTH = "华东销售部 | Sales East", "华北销售部 | Sales North"
SALES, SERVICE = "销售中心 | Sales", "技术服务部 | Technical service"
MARKET, FINANCE, COLLECTION = "市场部 | Marketing", "财务部 | Finance", "清欠办公室 | Collection office"
LEGAL, SUPPLY = "法务部 | Legal", "供应部 | Supply"
#: Department and the one above it.
DEPARTMENTS = (
    (COMPANY, None),
    (SALES, COMPANY),
    (EAST, SALES),
    (NORTH, SALES),
    (SERVICE, COMPANY),
    (MARKET, COMPANY),
    (FINANCE, COMPANY),
    (COLLECTION, FINANCE),
    (LEGAL, COMPANY),
    (SUPPLY, COMPANY),
)
#: User name, name, post, department, role.
STAFF = (
    ("zhouqm", "周启明 | Zhou Qiming", "总经理 | General manager", COMPANY, "executive"),
    ("shenrn", "沈若楠 | Shen Ruonan", "华东大区经理 | Sales manager East", EAST, "sales-manager"),
    ("hanlx", "韩立新 | Han Lixin", "华北大区经理 | Sales manager North", NORTH, "sales-manager"),
    ("chensy", "陈思远 | Chen Siyuan", "销售工程师 | Sales engineer", EAST, "seller"),
    ("zhaoxt", "赵晓彤 | Zhao Xiaotong", "销售工程师 | Sales engineer", EAST, "seller"),
    ("sunhr", "孙浩然 | Sun Haoran", "销售工程师 | Sales engineer", NORTH, "seller"),
    ("wujn", "吴佳宁 | Wu Jianing", "见习销售 | Junior seller", NORTH, "seller"),
    ("gaoyc", "高彦超 | Gao Yanchao", "销售工程师 | Sales engineer", NORTH, "seller"),
    ("hejp", "何建平 | He Jianping", "润滑技术工程师 | Lubrication engineer", SERVICE, "presales"),
    ("tangwq", "唐婉清 | Tang Wanqing", "财务主管 | Head of finance", FINANCE, "finance"),
    ("fengyt", "冯雨桐 | Feng Yutong", "市场专员 | Marketing specialist", MARKET, "market"),
    ("dengsh", "邓书恒 | Deng Shuheng", "法务专员 | Legal specialist", LEGAL, "legal"),
    ("pengyg", "彭永刚 | Peng Yonggang", "清欠专员 | Collection specialist", COLLECTION, "collection"),
    ("luojy", "罗静怡 | Luo Jingyi", "供应主管 | Head of supply", SUPPLY, "supply"),
)
MANAGERS = {COMPANY: "zhouqm", EAST: "shenrn", NORTH: "hanlx"}


def create_people(at: datetime, *, words: Words, language: str, by: User | None, password: str) -> list[User]:
    """Create departments, staff and managers; without `by` the administrator too. The administrator comes first.

    Everybody has the administrator's password, hashed once; with `by` one that nobody can enter.
    """
    administrator = by or _administrator(words, language, password, at)
    departments = _departments(words, administrator, at)
    hashed = make_password(None) if by else administrator.password
    rows = [_new(row, departments, words, language, hashed) for row in STAFF]
    invited = operations.invite_users(rows=rows, by=administrator, at=at)
    users = {invitation.user.username: invitation.user for invitation in invited}
    for name, username in MANAGERS.items():
        operations.set_managers(
            department_id=departments[name].pk, user_ids=[users[username].pk], version=None, by=administrator, at=at
        )
    return [administrator, *users.values()]


def _administrator(words: Words, language: str, password: str, at: datetime) -> User:
    username, name, title = ADMINISTRATOR
    user = operations.first_setup(
        name=words.say(name), username=username, password=password, language=language, is_business=False, at=at
    )
    changes = {"title": words.say(title)}
    return operations.update_user(user_id=user.pk, version=None, changes=changes, by=user, at=at)


def _departments(words: Words, by: User, at: datetime) -> Mapping[str, Department]:
    made: dict[str, Department] = {}
    for name, above in DEPARTMENTS:
        parent_id = made[above].pk if above else None
        made[name] = operations.create_department(name=words.say(name), parent_id=parent_id, by=by, at=at)
    return made


def _new(
    row: tuple[str, str, str, str, str],
    departments: Mapping[str, Department],
    words: Words,
    language: str,
    hashed: str,
) -> NewUser:
    username, name, title, department, role = row
    return NewUser(
        username=username,
        name=words.say(name),
        title=words.say(title),
        department_id=departments[department].pk,
        role_keys=(role,),
        language=language,
        password_hash=hashed,
        must_change=not is_password_usable(hashed),
    )
