"""The tree and its managers."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.core.models import Event
from openpsm.org import access, operations, queries
from openpsm.org.models import Department, DepartmentManager
from tests.factories import AT
from tests.factories.org import grant_role, make_department, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make_user("admin", roles=["administrator"])


def test_create_department_below_another_has_its_path(admin):
    parent = make_department("Sales")
    child = operations.create_department(name=" East  China ", parent_id=parent.pk, by=admin, at=AT)
    assert (child.name, child.path) == ("East China", f"{parent.path}{child.pk}/")
    assert Event.objects.filter(name="department.created", subject_id=child.pk).count() == 1


def test_create_department_refuses_a_second_of_the_name(admin):
    make_department("Sales")
    with pytest.raises(InvalidInput) as caught:
        operations.create_department(name="Sales", by=admin, at=AT)
    assert list(caught.value.errors) == ["name"]


def test_a_seller_cannot_change_the_tree():
    department, seller = make_department(), make_user()
    for call in (
        lambda: operations.create_department(name="X", by=seller, at=AT),
        lambda: operations.rename_department(department_id=department.pk, version=1, name="X", by=seller, at=AT),
        lambda: operations.move_department(department_id=department.pk, parent_id=None, version=1, by=seller, at=AT),
        lambda: operations.set_managers(department_id=department.pk, user_ids=[], version=1, by=seller, at=AT),
        lambda: operations.close_department(department_id=department.pk, version=1, by=seller, at=AT),
    ):
        with pytest.raises(NotAllowed):
            call()
    assert Event.objects.exclude(name="role.installed").filter(name__startswith="department").count() == 0


def _move(rows, admin):
    company, north, south = make_department(), make_department(), make_department()
    moved = make_department(parent=north)
    below = [make_department(parent=moved) for _each in range(rows)]
    access.reach(admin)
    with CaptureQueriesContext(connection) as queries_run:
        operations.move_department(department_id=moved.pk, parent_id=south.pk, version=1, by=admin, at=AT)
    paths = dict(Department.objects.values_list("pk", "path"))
    assert paths[moved.pk] == f"{south.path}{moved.pk}/"
    assert [paths[each.pk] for each in below] == [f"{south.path}{moved.pk}/{each.pk}/" for each in below]
    assert paths[company.pk] == company.path
    return len(queries_run)


def test_move_department_rewrites_the_subtree_in_a_fixed_number_of_queries(admin):
    few, many = _move(1, admin), _move(40, admin)
    assert few == many
    assert many <= 12


def test_move_department_does_not_touch_a_number_that_begins_alike(admin):
    first = make_department()
    alike = Department.objects.create(name="alike", path=f"/{first.pk}0/")
    target = make_department()
    operations.move_department(department_id=first.pk, parent_id=target.pk, version=1, by=admin, at=AT)
    alike.refresh_from_db()
    assert alike.path == f"/{first.pk}0/"


def test_move_department_refuses_below_itself(admin):
    top = make_department()
    child = make_department(parent=top)
    for parent in (top, child):
        with pytest.raises(InvalidInput):
            operations.move_department(department_id=top.pk, parent_id=parent.pk, version=1, by=admin, at=AT)


def test_move_department_refuses_what_opens_more_to_the_mover(admin):
    mine, foreign = make_department(managers=[admin]), make_department()
    with pytest.raises(NotAllowed):
        operations.move_department(department_id=foreign.pk, parent_id=mine.pk, version=1, by=admin, at=AT)


def test_move_department_checks_the_version(admin):
    department = make_department()
    operations.rename_department(department_id=department.pk, version=1, name="New", by=admin, at=AT)
    with pytest.raises(Stale):
        operations.move_department(department_id=department.pk, parent_id=None, version=1, by=admin, at=AT)


def test_move_department_refuses_a_tree_too_deep(admin):
    deep = make_department()
    Department.objects.filter(pk=deep.pk).update(path="/" + "1234567/" * 24 + "12345/")
    moved = make_department()
    with pytest.raises(InvalidInput):
        operations.move_department(department_id=moved.pk, parent_id=deep.pk, version=1, by=admin, at=AT)


def test_set_managers_opens_and_closes_the_department_at_the_next_request(admin):
    department = make_department()
    first, second = make_user(), make_user()
    operations.set_managers(department_id=department.pk, user_ids=[first.pk], version=1, by=admin, at=AT)
    operations.set_managers(department_id=department.pk, user_ids=[second.pk], version=2, by=admin, at=AT)
    assert list(DepartmentManager.objects.values_list("department_id", "user_id")) == [(department.pk, second.pk)]
    access.forget(first)
    assert [access.reach(user).manages(department.path or "") for user in (first, second)] == [False, True]


def test_nobody_makes_themself_a_manager(admin):
    department = make_department()
    with pytest.raises(NotAllowed):
        operations.set_managers(department_id=department.pk, user_ids=[admin.pk], version=1, by=admin, at=AT)


def test_a_manager_must_be_active(admin):
    department, gone = make_department(), make_user(is_active=False)
    with pytest.raises(InvalidInput):
        operations.set_managers(department_id=department.pk, user_ids=[gone.pk], version=1, by=admin, at=AT)


def test_an_administrator_of_a_department_rules_below_it_only():
    mine, foreign = make_department(), make_department()
    below = make_department(parent=mine)
    local = make_user(roles=[])
    grant_role(local, "administrator", department=mine)
    operations.rename_department(department_id=below.pk, version=1, name="New", by=local, at=AT)
    with pytest.raises(NotAllowed):
        operations.rename_department(department_id=foreign.pk, version=1, name="New", by=local, at=AT)
    with pytest.raises(NotAllowed):
        operations.move_department(department_id=below.pk, parent_id=None, version=2, by=local, at=AT)


def test_close_department_refuses_while_people_are_in_it(admin):
    department = make_department()
    person = make_user(department=department)
    with pytest.raises(DomainError) as caught:
        operations.close_department(department_id=department.pk, version=1, by=admin, at=AT)
    assert caught.value.code == "department-in-use"
    person.is_active = False
    person.save()
    closed = operations.close_department(department_id=department.pk, version=1, by=admin, at=AT)
    opened = operations.reopen_department(department_id=department.pk, version=2, by=admin, at=AT)
    assert (closed.is_active, opened.is_active) == (False, True)


@pytest.mark.parametrize("rows", [1, 8])
def test_department_tree_lists_each_department_after_its_parent(rows, admin, django_assert_num_queries):
    top = make_department("Top", managers=[admin])
    children = [make_department(parent=top) for _each in range(rows)]
    make_user(department=children[0])
    with django_assert_num_queries(3):
        tree = queries.department_tree(admin)
    assert [(b.department, b.depth, b.members) for b in tree] == [
        (top, 0, 0),
        (children[0], 1, 1),
        *[(child, 1, 0) for child in children[1:]],
    ]
    assert tree[0].managers == [admin]
