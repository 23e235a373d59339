"""The settings: people, departments, roles, parameters, custom fields, processes, jobs, audit log."""

import re
import uuid
from typing import Any

import pytest
from django.urls import reverse

from openpsm.core import custom, parameters
from openpsm.core.models import CustomField, Event, Job
from openpsm.org.models import Department, DepartmentManager, Role, RoleGrant, User, UserSession
from openpsm.org.permissions import Permission
from openpsm.process.queries import default_definition
from openpsm.projects.models import Project
from openpsm.web.permissions import CHOICES
from openpsm.web.routes.settings import urlpatterns
from tests.factories.org import PASSWORD, grant_role, make_department, make_role, make_user

pytestmark = pytest.mark.django_db


def signed_in(client, **fields):
    user = make_user(**fields)
    client.post("/login", {"username": user.username, "password": PASSWORD})
    return user


@pytest.fixture
def admin(client):
    return signed_in(client, username="admin", name="管理员", roles=["administrator"])


def initial_password(page):
    found = re.search(r'id="password" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def role(key):
    return Role.objects.get(key=key)


# --- who may


def _address(pattern):
    values = {"pk": 1, "grant_id": 1, "key": "sign_in.tries"}
    wanted = {name: values[name] for name in pattern.pattern.converters}
    if pattern.name == "job-retry":
        wanted["pk"] = uuid.uuid4()
    return reverse(f"web:{pattern.name}", kwargs=wanted)


def _ask(client, pattern):
    is_read = "GET" in pattern.callback.route.methods
    return (client.get if is_read else client.post)(_address(pattern))


def test_settings_are_closed_to_sellers_and_managers(client):
    department = make_department()
    for person in (make_user(department=department), make_user(roles=["sales-manager"], manages=department)):
        client.force_login(person)
        answers = {pattern.name: _ask(client, pattern).status_code for pattern in urlpatterns}
        assert answers.pop("settings") == 404
        assert {name for name, status in answers.items() if status != 403} == set()


def test_settings_send_strangers_to_the_sign_in_page(client):
    places = {pattern.name: _ask(client, pattern).headers.get("Location", "") for pattern in urlpatterns}
    assert {name for name, place in places.items() if not place.startswith("/login?next=/settings")} == set()


def test_hub_shows_what_the_rights_open(client, admin):
    page = client.get("/settings").text
    assert ("/settings/users" in page, "/settings/audit" in page) == (True, True)
    client.force_login(make_user(roles=["executive"]))
    page = client.get("/settings").text
    assert ("/settings/users" in page, "/settings/audit" in page) == (False, True)


def test_every_permission_has_words():
    assert sorted(key for key, _words in CHOICES) == sorted(Permission)


# --- users

PERSON = {"name": "李娜", "username": "lina", "email": "lina@example.com", "department_id": "", "language": ""}


def test_invite_shows_an_initial_password_that_must_be_changed(client, htmx_client, admin):
    department = make_department()
    given = PERSON | {"role_keys": ["seller"], "department_id": department.pk}
    page = client.post("/settings/users/invite", given).text
    password = initial_password(page)
    user = User.objects.get(username="lina")
    assert (user.department, user.must_change_password) == (department, True)
    assert [grant.role.key for grant in user.grants.all()] == ["seller"]
    htmx_client.post("/login", {"username": "lina", "password": password})
    assert htmx_client.get("/today")["HX-Redirect"] == "/password"


def test_invite_by_mail_shows_no_password(client, admin):
    page = client.post("/settings/users/invite", PERSON | {"is_mailed": "on"}).text
    assert ("lina@example.com" in page, 'id="password"' in page) == (True, False)
    assert Job.objects.filter(task__endswith="send_link").count() == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"username": "ADMIN"}, "This user name is taken."),
        ({"name": ""}, "This field is required."),
        ({"email": "", "is_mailed": "on"}, "Give an e-mail address"),
        ({"role_keys": ["nobody"]}, "nobody is not one of the available choices"),
    ],
)
def test_invite_refuses_and_keeps_what_was_typed(client, admin, change, words):
    response = client.post("/settings/users/invite", PERSON | {"title": "Key accounts"} | change)
    assert (response.status_code, words in response.text, "Key accounts" in response.text) == (422, True, True)
    assert not User.objects.filter(username="lina").exists()


def test_invite_asks_for_the_password_when_it_was_not_given_lately(client):
    client.force_login(make_user(roles=["administrator"]))
    assert client.post("/settings/users/invite", PERSON).status_code == 422
    assert not User.objects.filter(username="lina").exists()
    client.post("/settings/users/invite", PERSON | {"password": PASSWORD})
    assert User.objects.filter(username="lina").exists()


def test_an_administrator_of_users_alone_hands_out_no_role_above_their_own(client):
    make_role("people", [Permission.USER_ADMIN])
    signed_in(client, username="hr", roles=["people"])
    response = client.post("/settings/users/invite", PERSON | {"role_keys": ["administrator"]})
    assert (response.status_code, "rights above your own" in response.text) == (422, True)


def test_edit_changes_only_what_was_changed(client, admin):
    user = make_user("wang", name="王军", email="wang@example.com")
    given: dict[str, Any] = {
        "name": "王军",
        "username": "wang",
        "email": "w@example.com",
        "phone": "",
        "title": "Seller",
    }
    given |= {"department_id": "", "joined_on": "2024-03-01", "version": 1}
    assert client.post(f"/settings/users/{user.pk}", given)["Location"] == f"/settings/users/{user.pk}"
    user.refresh_from_db()
    assert (user.email, user.title, user.version) == ("w@example.com", "Seller", 2)
    assert Event.objects.get(name="user.updated").data["fields"] == ["email", "joined_on", "title"]
    stale = client.post(f"/settings/users/{user.pk}", given | {"title": "Chief"})
    assert (stale.status_code, "Somebody else has changed this" in stale.text) == (422, True)


def test_grant_and_revoke_a_role(client, admin):
    user, department = make_user(roles=[]), make_department("Power")
    given = {"role_id": role("sales-manager").pk, "department_id": department.pk}
    client.post(f"/settings/users/{user.pk}/roles/new", given)
    grant = RoleGrant.objects.get(user=user)
    assert (grant.role.key, grant.department) == ("sales-manager", department)
    assert "Power" in client.get(f"/settings/users/{user.pk}").text
    client.post(f"/settings/users/{user.pk}/roles/{grant.pk}/revoke", {})
    assert not RoleGrant.objects.filter(user=user).exists()


def test_nobody_gives_a_role_to_themself_and_the_last_administrator_stays(client, admin):
    response = client.post(
        f"/settings/users/{admin.pk}/roles/new", {"role_id": role("executive").pk, "department_id": ""}
    )
    assert (response.status_code, "Nobody gives rights to themself" in response.text) == (422, True)
    grant = RoleGrant.objects.get(user=admin)
    response = client.post(f"/settings/users/{admin.pk}/roles/{grant.pk}/revoke", {})
    assert (response.status_code, RoleGrant.objects.filter(user=admin).exists()) == (422, True)


def test_revoke_finds_a_role_of_this_user_only(client, admin):
    user = make_user()
    grant = RoleGrant.objects.get(user=admin)
    assert client.post(f"/settings/users/{user.pk}/roles/{grant.pk}/revoke", {}).status_code == 404


def test_deactivate_and_reactivate(client, htmx_client, admin):
    user = make_user("wang")
    htmx_client.post("/login", {"username": "wang", "password": PASSWORD})
    assert "until they are handed over" in client.get(f"/settings/users/{user.pk}/deactivate").text
    client.post(f"/settings/users/{user.pk}/deactivate", {"version": 1})
    user.refresh_from_db()
    assert (user.is_active, UserSession.objects.filter(user=user).exists()) == (False, False)
    page = client.post(f"/settings/users/{user.pk}/reactivate", {"version": user.version}).text
    user.refresh_from_db()
    password = initial_password(page)
    assert (user.is_active, user.check_password(password)) == (True, True)


def test_nobody_deactivates_themself(client, admin):
    response = client.post(f"/settings/users/{admin.pk}/deactivate", {"version": admin.version})
    assert (response.status_code, "Nobody deactivates themself" in response.text) == (422, True)


def test_reset_shows_a_new_password_once(client, admin):
    user = make_user("wang")
    page = client.post(f"/settings/users/{user.pk}/password", {"version": 1}).text
    user.refresh_from_db()
    assert user.check_password(initial_password(page))
    assert user.must_change_password


def test_user_list_filters_by_name_department_and_state(client, admin):
    department = make_department()
    make_user("wang", name="王军", department=department)
    make_user("gone", name="Gone", is_active=False)
    assert [row["username"] for row in client.get("/settings/users?q=wang").context["rows"]] == ["wang"]
    assert [row["username"] for row in client.get("/settings/users?q=王").context["rows"]] == ["wang"]
    assert [row["username"] for row in client.get(f"/settings/users?department={department.pk}").context["rows"]] == [
        "wang"
    ]
    assert [row["username"] for row in client.get("/settings/users?active=no").context["rows"]] == ["gone"]


@pytest.mark.parametrize("rows", [1, 8])
def test_user_list_query_count(client, admin, rows, django_assert_num_queries):
    for _number in range(rows):
        make_user(department=make_department())
    client.get("/settings/users")
    with django_assert_num_queries(5):
        client.get("/settings/users")


# --- departments


def test_departments_are_drawn_renamed_moved_managed_and_closed(client, admin):
    client.post("/settings/departments/new", {"name": "Company", "parent_id": ""})
    company = Department.objects.get(name="Company")
    client.post("/settings/departments/new", {"name": "North", "parent_id": company.pk})
    north, manager = Department.objects.get(name="North"), make_user(name="赵敏")
    assert north.path == f"/{company.pk}/{north.pk}/"
    client.post(f"/settings/departments/{north.pk}/rename", {"name": "North China", "version": 1})
    client.post(f"/settings/departments/{north.pk}/managers", {"managers": [manager.pk], "version": 2})
    assert DepartmentManager.objects.get(department=north).user == manager
    client.post(f"/settings/departments/{north.pk}/move", {"parent": "", "version": 3})
    north.refresh_from_db()
    assert (north.name, north.path, north.parent) == ("North China", f"/{north.pk}/", None)
    client.post(f"/settings/departments/{north.pk}/close", {"version": north.version})
    page = client.get("/settings/departments").text
    assert ("North China" in page, "赵敏" in page, "closed" in page) == (True, True, True)


def test_departments_refuse_a_name_twice_and_a_circle(client, admin):
    company = make_department("Company")
    below = make_department("North", parent=company)
    response = client.post("/settings/departments/new", {"name": "North", "parent_id": company.pk})
    assert (response.status_code, "There is already a department of this name here." in response.text) == (422, True)
    circle = client.post(f"/settings/departments/{company.pk}/move", {"parent": below.pk, "version": 1})
    assert circle.status_code == 422


def test_a_department_in_use_is_not_closed(client, admin):
    department = make_department()
    make_user(department=department)
    response = client.post(f"/settings/departments/{department.pk}/close", {"version": 1})
    assert (response.status_code, "There are still people or departments in it." in response.text) == (422, True)


@pytest.mark.parametrize("rows", [1, 8])
def test_department_list_query_count(client, admin, rows, django_assert_num_queries):
    for _number in range(rows):
        make_user(manages=make_department())
    client.get("/settings/departments")
    with django_assert_num_queries(6):
        client.get("/settings/departments")


# --- roles


def test_role_matrix_says_what_each_role_allows(client, admin):
    page = client.get("/settings/roles")
    assert ("Override closed gates" in page.text, "Sales manager" in page.text) == (True, True)
    rows = dict(page.context["groups"][2][1])
    names = [name for _role, name, _count in page.context["roles"]]
    assert [name for name, held in zip(names, rows["Override closed gates"], strict=True) if held] == [
        "Sales manager",
        "Executive",
    ]


def test_edit_role_changes_what_it_allows(client, admin):
    seller = role("seller")
    given = {"name_en": "Hunter", "name_zh": "猎手", "group_2": ["project.edit"], "version": seller.version}
    assert client.post(f"/settings/roles/{seller.pk}", given)["Location"] == "/settings/roles"
    seller.refresh_from_db()
    assert (seller.name_en, seller.permissions) == ("Hunter", ["project.edit"])


def test_edit_role_shows_what_it_allows_now(client, admin):
    page = client.get(f"/settings/roles/{role('seller').pk}").text
    assert re.search(r'value="project.edit"[^>]*checked', page)
    assert not re.search(r'value="gate.override"[^>]*checked', page)


def test_nobody_adds_rights_to_their_own_role(client, admin):
    own = role("administrator")
    given = {"name_en": "Administrator", "name_zh": "管理员", "group_0": ["project.view_all"], "version": own.version}
    given["group_3"] = ["user.admin", "role.admin", "settings.admin", "process.admin", "audit.view", "job.view"]
    response = client.post(f"/settings/roles/{own.pk}", given)
    assert (response.status_code, "Nobody gives rights to themself" in response.text) == (422, True)


def test_new_role_and_its_end(client, admin):
    given = {"key": "trainee", "name_en": "Trainee", "name_zh": "实习生", "group_2": ["activity.edit"]}
    client.post("/settings/roles/new", given)
    made = role("trainee")
    assert made.permissions == ["activity.edit"]
    assert client.post("/settings/roles/new", given).status_code == 422
    grant_role(make_user(), "trainee")
    kept = client.post(f"/settings/roles/{made.pk}/delete", {"version": made.version})
    assert "Somebody still holds this role." in kept.text
    made.grants.all().delete()
    client.post(f"/settings/roles/{made.pk}/delete", {"version": made.version})
    assert not Role.objects.filter(key="trainee").exists()


# --- parameters


def test_parameters_are_found_changed_and_restored(client, admin):
    page = client.get("/settings/parameters?q=protection").text
    assert ("registration.protection_days" in page, "sign_in.tries" in page) == (True, False)
    assert client.post("/settings/parameters/registration.protection_days", {"value": "120"}).status_code == 302
    assert parameters.value("registration.protection_days") == 120
    assert "shipped: 90" in client.get("/settings/parameters").text
    client.post("/settings/parameters/registration.protection_days/restore")
    assert parameters.value("registration.protection_days") == 90


@pytest.mark.parametrize("value", ["0", "many", "", "1.5"])
def test_a_parameter_refuses_a_value_outside_its_range(client, admin, value):
    response = client.post("/settings/parameters/registration.protection_days", {"value": value})
    assert (response.status_code, parameters.value("registration.protection_days")) == (422, 90)


def test_every_parameter_has_a_form(client, admin):
    pages = {each.key: client.get(f"/settings/parameters/{each.key}").text for each in parameters.declarations()}
    assert [key for key, page in pages.items() if 'name="value"' not in page] == []


def test_an_unknown_parameter_is_not_there(client, admin):
    assert client.get("/settings/parameters/no.such").status_code == 404


def test_who_may_change_settings_in_one_department_does_not_change_the_company(client):
    make_role("local", [Permission.SETTINGS_ADMIN])
    user = signed_in(client, username="local", roles=[])
    grant_role(user, "local", department=make_department())
    response = client.post("/settings/parameters/registration.protection_days", {"value": "120"})
    assert (response.status_code, parameters.value("registration.protection_days")) == (422, 90)
    client.post("/settings/parameters/sign_in.tries/restore")
    assert "Only an administrator of this area may do this." in client.get("/settings/parameters").text
    assert not Event.objects.filter(name="parameter.changed").exists()


# --- custom fields

FIELD = {"label_zh": "锅炉类型", "label_en": "Boiler", "key": "boiler", "kind": "choice", "position": "1"}


def test_a_custom_field_is_defined_and_switched_off_and_on(client, admin):
    client.post("/settings/custom-fields/new", FIELD | {"choices": "cfb = 循环流化床\npc = 煤粉炉"})
    field = CustomField.objects.get(key="boiler")
    assert (field.model, [choice["key"] for choice in field.options["choices"]]) == ("projects.project", ["cfb", "pc"])
    assert custom.clean(Project, {"boiler": "cfb"}) == {"boiler": "cfb"}
    client.post(f"/settings/custom-fields/{field.pk}/switch", {"active": "0"})
    assert (custom.definitions(Project), "not offered" in client.get("/settings/custom-fields").text) == ([], True)
    client.post(f"/settings/custom-fields/{field.pk}/switch", {"active": "1"})
    assert custom.definitions(Project) == [field]
    names = Event.objects.filter(name__startswith="custom_field.").order_by("seq").values_list("name", flat=True)
    assert list(names) == ["custom_field.defined", "custom_field.deactivated", "custom_field.activated"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": "Boiler Type"}, "A key has up to 50 small letters"),
        ({"choices": ""}, "A choice needs at least one option"),
        ({"label_zh": "", "label_en": ""}, "This field is required."),
    ],
)
def test_a_custom_field_without_sense_is_refused(client, admin, change, words):
    response = client.post("/settings/custom-fields/new", FIELD | {"choices": "a\nb"} | change)
    assert (response.status_code, words in response.text) == (422, True)
    assert not CustomField.objects.exists()


# --- processes


def test_processes_can_be_read(client, admin):
    process = default_definition()
    assert f"/settings/processes/{process.version_id}" in client.get("/settings/processes").text
    page = client.get(f"/settings/processes/{process.version_id}").text
    titles = [node.title for stage in process.stages for node in stage.key_nodes]
    assert [title for title in titles if title.replace("'", "&#x27;") not in page] == []
    assert client.get("/settings/processes/999999").status_code == 404
