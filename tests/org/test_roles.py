"""Roles: no self-grant, no grant above one's own rights, the last administrator stays."""

import pytest

from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.core.models import Event
from openpsm.org import access, operations
from openpsm.org.models import Role, RoleGrant
from openpsm.org.permissions import SHIPPED_ROLES, Permission
from tests.factories import AT
from tests.factories.org import grant_role, make_department, make_role, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make_user("admin", roles=["administrator"])


def role(key):
    return Role.objects.get(key=key)


def test_install_brings_the_shipped_roles_and_leaves_edited_ones_alone():
    assert set(Role.objects.values_list("key", flat=True)) == {shipped[0] for shipped in SHIPPED_ROLES}
    Role.objects.filter(key="seller").update(name_en="Hunter")
    Role.objects.filter(key="legal").delete()
    operations.install(AT)
    assert Role.objects.get(key="seller").name_en == "Hunter"
    assert Role.objects.filter(key="legal").exists()
    assert Event.objects.filter(name="role.installed", data__key="legal").count() == 2


def test_grant_role_works_with_the_next_request_and_only_once(admin):
    user = make_user(roles=[])
    first = operations.grant_role(user_id=user.pk, role_id=role("seller").pk, by=admin, at=AT)
    again = operations.grant_role(user_id=user.pk, role_id=role("seller").pk, by=admin, at=AT)
    assert first.pk == again.pk
    assert access.reach(user).holds(Permission.PROJECT_EDIT)
    assert Event.objects.filter(name="role.granted", subject_id=user.pk).count() == 1


def test_nobody_grants_a_role_to_themself(admin):
    with pytest.raises(NotAllowed):
        operations.grant_role(user_id=admin.pk, role_id=role("executive").pk, by=admin, at=AT)
    assert not RoleGrant.objects.filter(user=admin, role__key="executive").exists()


def test_nobody_grants_rights_above_their_own():
    make_role("helpdesk", [Permission.USER_ADMIN])
    helper, user = make_user(roles=["helpdesk"]), make_user(roles=[])
    with pytest.raises(NotAllowed):
        operations.grant_role(user_id=user.pk, role_id=role("administrator").pk, by=helper, at=AT)
    operations.grant_role(user_id=user.pk, role_id=role("helpdesk").pk, by=helper, at=AT)
    assert list(user.grants.values_list("role__key", flat=True)) == ["helpdesk"]


def test_an_administrator_of_a_department_grants_there_only():
    mine, foreign = make_department(), make_department()
    local, user = make_user(roles=[]), make_user(roles=[])
    grant_role(local, "administrator", department=mine)
    seller = role("seller").pk
    operations.grant_role(user_id=user.pk, role_id=seller, department_id=mine.pk, by=local, at=AT)
    for scope in ({"department_id": foreign.pk}, {}, {"project_id": 1}):
        with pytest.raises(NotAllowed):
            operations.grant_role(user_id=user.pk, role_id=seller, by=local, at=AT, **scope)


@pytest.mark.parametrize("key", ["seller", "sales-manager", "executive", "finance"])
def test_other_roles_grant_nothing(key):
    user, other = make_user(roles=[key]), make_user(roles=[])
    with pytest.raises(NotAllowed):
        operations.grant_role(user_id=other.pk, role_id=role("seller").pk, by=user, at=AT)


def test_a_deactivated_administrator_grants_nothing(admin):
    admin.is_active = False
    with pytest.raises(NotAllowed):
        operations.grant_role(user_id=make_user().pk, role_id=role("seller").pk, by=admin, at=AT)


def test_revoke_role_keeps_the_last_administrator(admin):
    grant = admin.grants.get()
    with pytest.raises(DomainError) as caught:
        operations.revoke_role(grant_id=grant.pk, by=admin, at=AT)
    assert (caught.value.code, admin.grants.count()) == ("last-administrator", 1)
    make_user(roles=["administrator"])
    operations.revoke_role(grant_id=grant.pk, by=admin, at=AT)
    assert not access.reach(admin).holds_anywhere(Permission.USER_ADMIN)


@pytest.mark.parametrize("is_active", [False, True])
def test_an_administrator_of_a_department_or_a_deactivated_one_does_not_count_as_the_last(admin, is_active):
    other = make_user(roles=[] if is_active else ["administrator"], is_active=is_active)
    if is_active:
        grant_role(other, "administrator", department=make_department())
    with pytest.raises(DomainError) as caught:
        operations.revoke_role(grant_id=admin.grants.get().pk, by=admin, at=AT)
    assert caught.value.code == "last-administrator"


def test_update_role_refuses_to_add_to_a_role_one_holds(admin):
    mine = role("administrator")
    wanted = [*mine.permissions, Permission.PROJECT_VIEW_ALL]
    with pytest.raises(NotAllowed):
        operations.update_role(role_id=mine.pk, version=mine.version, permissions=wanted, by=admin, at=AT)
    mine.refresh_from_db()
    assert Permission.PROJECT_VIEW_ALL not in mine.permissions


def test_update_role_refuses_rights_above_ones_own():
    make_role("role-keeper", [Permission.ROLE_ADMIN])
    keeper = make_user(roles=["role-keeper"])
    seller = role("seller")
    with pytest.raises(NotAllowed):
        operations.update_role(
            role_id=seller.pk, version=1, permissions=[*seller.permissions, Permission.USER_ADMIN], by=keeper, at=AT
        )
    with pytest.raises(NotAllowed):
        operations.create_role(
            key="x", name_en="X", name_zh="X", permissions=[Permission.SETTINGS_ADMIN], by=keeper, at=AT
        )


def test_update_role_keeps_an_administrator(admin):
    mine = role("administrator")
    with pytest.raises(DomainError) as caught:
        operations.update_role(role_id=mine.pk, version=1, permissions=[Permission.USER_ADMIN], by=admin, at=AT)
    assert caught.value.code == "last-administrator"


def test_update_role_counts_at_the_next_request_and_leaves_an_event(admin):
    seller, user = role("seller"), make_user()
    changed = operations.update_role(
        role_id=seller.pk, version=1, permissions=[Permission.ACTIVITY_EDIT], by=admin, at=AT
    )
    access.forget(user)
    assert access.reach(user).everywhere == {Permission.ACTIVITY_EDIT}
    event = Event.objects.get(name="role.updated")
    assert (changed.version, event.data["added"], "project.edit" in event.data["removed"]) == (2, [], True)
    with pytest.raises(Stale):
        operations.update_role(role_id=seller.pk, version=1, name_en="Late", by=admin, at=AT)


def test_update_role_refuses_unknown_permissions(admin):
    with pytest.raises(InvalidInput) as caught:
        operations.update_role(role_id=role("seller").pk, version=1, permissions=["project.rob"], by=admin, at=AT)
    assert list(caught.value.errors) == ["permissions"]


def test_delete_role_only_when_nobody_holds_it(admin):
    made = operations.create_role(key="guest", name_en="Guest", name_zh="访客", permissions=[], by=admin, at=AT)
    user = make_user(roles=["guest"])
    with pytest.raises(DomainError) as caught:
        operations.delete_role(role_id=made.pk, version=1, by=admin, at=AT)
    assert caught.value.code == "role-in-use"
    user.grants.all().delete()
    operations.delete_role(role_id=made.pk, version=1, by=admin, at=AT)
    assert not Role.objects.filter(key="guest").exists()


def test_only_those_who_administer_see_roles(admin):
    assert (Role.objects.visible_to(admin).count(), Role.objects.visible_to(make_user()).count()) == (10, 0)
