"""What a token may see and do is what its user may: owner, manager, colleague, stranger, administrator."""

from typing import Any

import pytest

from openpsm.accounts.models import Account, Contact
from openpsm.core.models import Event
from openpsm.org.models import User
from openpsm.projects.models import Project
from tests.api.conftest import ApiClient
from tests.factories.accounts import make_account, make_contact
from tests.factories.buying import make_contender, make_criterion, make_intelligence, make_label, make_stakeholder
from tests.factories.evaluation import make_evaluation
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user("owner", department=make_department("East"))


@pytest.fixture
def project(owner: User) -> Project:
    return make_project("Line 7 lubrication", owner=owner)


@pytest.fixture
def callers(owner: User, project: Project) -> dict[str, ApiClient]:
    manager = make_user("manager", roles=["sales-manager"], manages=owner.department)
    west = make_department("West")
    return {
        "owner": ApiClient(owner),
        "manager": ApiClient(manager),
        "executive": ApiClient(make_user("boss", roles=["executive"], department=west)),
        "colleague": ApiClient(make_user("colleague", department=owner.department)),
        "stranger": ApiClient(make_user("stranger", department=west)),
        "administrator": ApiClient(make_user("admin", roles=["administrator"], department=west)),
    }


def records(project: Project) -> dict[str, str]:
    """One record of each kind that hangs on the project, by its address."""
    stakeholder = make_stakeholder(project, "Wang", power_class=3, attitude=1)
    made: dict[str, Any] = {
        "projects": project,
        "accounts": project.account,
        "contacts": make_contact(account=project.account, by=project.owner),
        "stakeholders": stakeholder,
        "intelligence": make_intelligence(project),
        "contenders": make_contender(project),
        "criteria": make_criterion(project),
        "evaluations": make_evaluation(project),
    }
    return {kind: f"/{kind}/{record.pk}" for kind, record in made.items()}


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("owner", True),
        ("manager", True),
        ("executive", True),
        ("colleague", False),
        ("stranger", False),
        ("administrator", False),
    ],
)
def test_records_are_seen_by_those_who_see_the_project(callers, project, who, sees) -> None:
    nothing = callers[who].get("/projects/999999999").body
    for kind, path in records(project).items():
        found = callers[who].get(path)
        rows = callers[who].get(f"/{kind}").body["items"]
        if sees:
            assert (found.status, [row["id"] for row in rows]) == (200, [found.body["id"]]), path
        else:
            assert (found.status, found.body, rows) == (404, nothing, []), path


@pytest.mark.parametrize("who", ["colleague", "stranger", "administrator"])
def test_denied_writes_change_nothing(callers, project, who) -> None:
    paths = records(project)
    events = Event.objects.count()
    version = {"If_Match": '"1"'}
    tries = [
        callers[who].patch(paths["projects"], {"note": "x"}, **version),
        callers[who].delete(paths["projects"], **version),
        callers[who].post(f"{paths['projects']}/advance", {}, **version),
        callers[who].post(f"{paths['projects']}/drop", {"reason": "too_small"}, **version),
        callers[who].post("/stakeholders", {"project_id": project.pk, "name": "Li"}),
        callers[who].post("/criteria", {"project_id": project.pk, "text": "Cheap"}),
        callers[who].patch(paths["contacts"], {"mobile": "1"}, **version),
        callers[who].patch(paths["accounts"], {"note": "x"}, **version),
    ]
    assert {answer.status for answer in tries} <= {403, 404}
    assert Event.objects.count() == events
    assert Project.objects.get(pk=project.pk).note == ""


def test_ids_in_bodies_are_seen_with_the_callers_eyes(callers, project) -> None:
    """AZ5: a foreign key to somebody else's record is no way to touch or read it."""
    stranger = callers["stranger"]
    own = make_project("Other line", owner=stranger.user)
    theirs = records(project)
    contact, account = int(theirs["contacts"].split("/")[-1]), project.account_id
    version = {"If_Match": f'"{Project.objects.get(pk=own.pk).version}"'}
    tries = [
        stranger.post("/stakeholders", {"project_id": own.pk, "contact_id": contact}),
        stranger.post("/stakeholders", {"project_id": own.pk, "name": "Li", "account_id": account}),
        stranger.post("/stakeholders", {"project_id": own.pk, "name": "Li", "reports_to_id": 1}),
        stranger.post("/contacts", {"account_id": account, "name": "Li"}),
        stranger.post("/projects", {"account_id": account, "name": "Sneak"}),
        stranger.post("/registrations", {"account_id": account, "project": {"name": "Sneak"}}),
        stranger.post("/activities", {"project_id": project.pk, "done_on": "2026-01-01"}),
        stranger.post("/tasks", {"title": "Look", "project_id": project.pk}),
        stranger.post(f"/projects/{own.pk}/parties", {"account_id": account, "role": "dealer"}, **version),
        stranger.patch(f"/accounts/{own.account_id}", {"parent_id": account}, If_Match='"1"'),
    ]
    assert {answer.status for answer in tries} <= {403, 404, 409, 422}, [answer.body for answer in tries]
    assert Account.objects.get(pk=own.account_id).parent_id is None
    assert Project.objects.count() == 2


def test_phones_are_null_for_who_does_not_work_on_the_account(callers, project) -> None:
    contact = make_contact(account=project.account, by=project.owner, mobile="13812345678", email="wang@example.com")
    personal = ("phone", "mobile", "email", "chat_name")
    owner = callers["owner"].get(f"/contacts/{contact.pk}").body
    boss = callers["executive"].get(f"/contacts/{contact.pk}").body
    assert (owner["mobile"], owner["email"]) == ("13812345678", "wang@example.com")
    assert [boss[name] for name in personal] == [None] * 4
    [listed] = callers["executive"].get("/contacts").body["items"]
    assert [listed[name] for name in personal] == [None] * 4
    for hidden in ("phone", "mobile", "email", "chat_name"):
        assert callers["executive"].get(f"/contacts?{hidden}=13812345678").status == 400
        assert callers["executive"].get(f"/contacts?sort={hidden}").status == 400


def test_who_may_not_read_a_phone_does_not_erase_it(callers, project) -> None:
    contact = make_contact(account=project.account, by=project.owner, mobile="13812345678")
    boss, path = callers["executive"], f"/contacts/{contact.pk}"
    assert boss.patch(path, {"mobile": ""}, If_Match='"1"').status == 403
    assert boss.patch(path, {"title": "Director"}, If_Match='"1"').status == 200
    assert Contact.objects.get(pk=contact.pk).mobile == "13812345678"


def test_labels_show_to_the_authors_line_of_command_only(callers, project) -> None:
    stakeholder = make_stakeholder(project, "Wang", power_class=3, attitude=1)
    make_label(stakeholder)
    path = f"/stakeholders/{stakeholder.pk}"
    kinds = {
        who: [one["kind"] for one in callers[who].get(path).body["labels"]] for who in ("owner", "manager", "executive")
    }
    assert kinds == {"owner": ["insider"], "manager": ["insider"], "executive": []}


def test_a_hit_on_a_colleagues_account_tells_no_more_than_one_may_know(callers) -> None:
    account = make_account("华东石化设备有限公司", owner=callers["owner"].user, uscc="91310000717826090M")
    stranger = callers["stranger"]
    refused = stranger.post("/accounts", {"name": "华东石化设备有限公司"})
    assert (refused.status, refused.body["code"]) == (409, "collision")
    [hit] = refused.body["hits"]
    assert (hit["class"], hit["kind"], hit["owner"]) == ("same", "account", "owner")
    assert "id" not in hit
    assert "label" not in hit
    asked = stranger.post("/registrations/check", {"account": {"name": "华东石化设备有限公司"}}).body["hits"]
    assert asked == [hit]
    seen = callers["owner"].post("/registrations/check", {"account": {"name": account.name}}).body["hits"]
    assert [(one["id"], one["label"]) for one in seen] == [(account.pk, account.name)]


def test_a_possible_hit_is_confirmed_by_its_key(callers) -> None:
    make_account("华东石化设备有限公司", owner=callers["owner"].user)
    stranger = callers["stranger"]
    refused = stranger.post("/accounts", {"name": "宁波华东石化设备有限公司"})
    assert (refused.status, refused.body["code"]) == (409, "confirm-different")
    keys = [hit["key"] for hit in refused.body["hits"]]
    made = stranger.post("/accounts", {"name": "宁波华东石化设备有限公司", "confirmed_different": keys})
    assert (made.status, made.body["owner_name"]) == (201, "stranger")


def test_an_administrator_manages_users_and_sees_no_business(callers, project) -> None:
    admin = callers["administrator"]
    assert admin.get("/projects").body["items"] == []
    invited = {"username": "newcomer", "name": "新人", "password": "a long enough secret", "role_keys": ["seller"]}
    assert admin.post("/users", invited).status == 201
    assert callers["owner"].post("/users", {**invited, "username": "other"}).status == 403


def test_a_deactivated_user_is_out_with_the_next_request(callers) -> None:
    stranger, admin = callers["stranger"], callers["administrator"]
    assert stranger.get("/users/me").status == 200
    user = admin.get(f"/users/{stranger.user.pk}")
    assert admin.post(f"/users/{stranger.user.pk}/deactivate", If_Match=user.etag).body["is_active"] is False
    assert stranger.get("/users/me").status == 401
