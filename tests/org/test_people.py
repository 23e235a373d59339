"""Inviting, changing and deactivating staff."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.core.models import Event, Job
from openpsm.org import access, operations, queries
from openpsm.org.mail import reset_tokens
from openpsm.org.models import User, UserSession
from openpsm.org.operations import NewUser
from openpsm.org.permissions import Permission
from openpsm.org.sessions import SessionStore
from tests.factories import AT
from tests.factories.org import grant_role, make_department, make_role, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make_user("admin", roles=["administrator"])


def session_for(user):
    store = SessionStore()
    store["_auth_user_id"] = str(user.pk)
    store.create()
    return store.session_key


def test_invite_user_gives_an_initial_password_that_must_be_changed(admin):
    department = make_department()
    new = NewUser(
        name="王丽", username=" Wang.Li ", phone="13800000000", department_id=department.pk, role_keys=("seller",)
    )
    invitation = operations.invite_user(new=new, by=admin, at=AT)
    user = User.objects.get(username="wang.li")
    assert (user.name, user.sort_key, user.department) == ("王丽", "wang li", department)
    assert (user.check_password(invitation.password), user.must_change_password) == (True, True)
    assert access.reach(user).holds(Permission.PROJECT_EDIT)
    event = Event.objects.get(name="user.invited")
    assert "13800000000" not in str(event.data)
    assert events.unseal([event])[event.seq] == {"phone": "13800000000"}


def test_invite_user_by_mail_sends_a_link_and_sets_no_password(admin, mailoutbox):
    new = NewUser(name="Li", username="li", email="li@example.com", is_mailed=True)
    invitation = operations.invite_user(new=new, by=admin, at=AT)
    job = Job.objects.get()
    assert (invitation.password, invitation.user.has_usable_password()) == ("", False)
    assert job.kwargs == {"recipient_id": invitation.user.pk, "kind": "invitation"}


def test_invite_users_takes_the_same_statements_for_many(admin):
    access.reach(admin)

    def invite(rows):
        new = [NewUser(name=name, username=name, role_keys=("seller",)) for name in rows]
        with CaptureQueriesContext(connection) as run:
            operations.invite_users(rows=new, by=admin, at=AT)
        return len(run)

    assert invite(["aa", "ab"]) == invite([f"user-{index}" for index in range(20)])
    assert Event.objects.filter(name="user.invited").count() == 22


def test_invite_users_names_row_and_field(admin):
    make_user("taken")
    rows = [
        NewUser(name="A", username="Taken"),
        NewUser(name=" ", username="b b"),
        NewUser(name="C", username="cc", email="no mail", department_id=99, role_keys=("king",), password="short"),
        NewUser(name="D", username="CC"),
    ]
    with pytest.raises(InvalidInput) as caught:
        operations.invite_users(rows=rows, by=admin, at=AT)
    assert sorted(caught.value.errors) == [
        "0.username",
        "1.name",
        "1.username",
        "2.department_id",
        "2.email",
        "2.password",
        "2.role_keys",
        "3.username",
    ]
    assert User.objects.count() == 2


def test_invite_user_needs_the_right_and_gives_no_rights_above_ones_own():
    make_role("helpdesk", [Permission.USER_ADMIN])
    helper, seller = make_user(roles=["helpdesk"]), make_user()
    with pytest.raises(NotAllowed):
        operations.invite_user(new=NewUser(name="X", username="xx"), by=seller, at=AT)
    with pytest.raises(NotAllowed):
        operations.invite_user(new=NewUser(name="X", username="xx", role_keys=("administrator",)), by=helper, at=AT)


def test_an_administrator_of_a_department_invites_into_it_only():
    mine, foreign = make_department(), make_department()
    local = make_user(roles=[])
    grant_role(local, "administrator", department=mine)
    operations.invite_user(new=NewUser(name="A", username="aa", department_id=mine.pk), by=local, at=AT)
    for new in (
        NewUser(name="B", username="bb", department_id=foreign.pk),
        NewUser(name="C", username="cc"),
        NewUser(name="D", username="dd", department_id=mine.pk, role_keys=("seller",)),
    ):
        with pytest.raises(NotAllowed):
            operations.invite_user(new=new, by=local, at=AT)


def test_update_user_moves_and_renames_and_keeps_personal_values_out_of_the_event(admin):
    user, department = make_user("old", name="Old"), make_department()
    changes = {"name": "New", "department_id": department.pk, "email": "new@example.com"}
    changed = operations.update_user(user_id=user.pk, version=1, changes=changes, by=admin, at=AT)
    assert (changed.name, changed.sort_key, changed.department_id, changed.version) == ("New", "new", department.pk, 2)
    event = Event.objects.get(name="user.updated")
    assert event.data["changes"] == {"name": ["Old", "New"], "department_id": [None, department.pk]}
    assert events.unseal([event])[event.seq] == {"email": "new@example.com"}
    with pytest.raises(Stale):
        operations.update_user(user_id=user.pk, version=1, changes={"name": "Late"}, by=admin, at=AT)


@pytest.mark.parametrize("field", ["is_active", "password", "version", "pk", "must_change_password", "language"])
def test_update_user_refuses_other_fields(admin, field):
    with pytest.raises(InvalidInput) as caught:
        operations.update_user(user_id=make_user().pk, version=1, changes={field: "1"}, by=admin, at=AT)
    assert list(caught.value.errors) == [field]


def test_whoever_governs_less_cannot_take_over_an_administrator(admin):
    make_role("helpdesk", [Permission.USER_ADMIN])
    helper = make_user(roles=["helpdesk"])
    for call in (
        lambda: operations.update_user(
            user_id=admin.pk, version=1, changes={"email": "mine@example.com"}, by=helper, at=AT
        ),
        lambda: operations.reset_by_administrator(user_id=admin.pk, by=helper, at=AT),
        lambda: operations.deactivate_user(user_id=admin.pk, version=1, by=helper, at=AT),
        lambda: operations.end_sessions_of(user_id=admin.pk, by=helper, at=AT),
    ):
        with pytest.raises(NotAllowed):
            call()


def test_update_profile_changes_only_ones_own_choices():
    user = make_user()
    changed = operations.update_profile(changes={"language": "en", "theme": "dark"}, by=user, at=AT)
    assert (changed.language, changed.theme) == ("en", "dark")
    for changes in ({"language": "xx"}, {"is_active": False}, {"username": "root"}, {"amount_unit": "peanuts"}):
        with pytest.raises(InvalidInput):
            operations.update_profile(changes=changes, by=user, at=AT)


def test_a_deactivated_user_loses_everything_with_the_next_request(admin):
    user = make_user("leaver", email="leaver@example.com")
    key = session_for(user)
    token, raw = operations.make_token(name="script", by=user, at=AT)
    link = reset_tokens.make_token(user)
    assert (SessionStore(key).load() != {}, operations.authenticate_token(raw, at=AT)) == (True, token)

    operations.deactivate_user(user_id=user.pk, version=1, by=admin, at=AT)

    user.refresh_from_db()
    token.refresh_from_db()
    assert (SessionStore(key).load(), UserSession.objects.filter(user=user).count()) == ({}, 0)
    assert (operations.authenticate_token(raw, at=AT), token.revoked_at) == (None, AT)
    assert not reset_tokens.check_token(user, link)
    assert access.reach(User.objects.get(pk=user.pk)).everywhere == frozenset()
    event = Event.objects.get(name="user.deactivated")
    assert (event.data["sessions"], event.data["tokens"]) == (1, 1)


def test_a_token_is_dead_as_soon_as_its_user_is_inactive_whoever_did_it():
    user = make_user()
    _token, raw = operations.make_token(name="script", by=user, at=AT)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert operations.authenticate_token(raw, at=AT) is None


def test_reactivate_user_lets_in_with_a_new_password_and_leaves_old_tokens_dead(admin):
    user = make_user(password="an old password")
    _token, raw = operations.make_token(name="script", by=user, at=AT)
    operations.deactivate_user(user_id=user.pk, version=1, by=admin, at=AT)
    invitation = operations.reactivate_user(user_id=user.pk, version=2, by=admin, at=AT + timedelta(days=1))
    user.refresh_from_db()
    assert (user.is_active, user.left_at, user.must_change_password) == (True, None, True)
    assert (user.check_password(invitation.password), user.check_password("an old password")) == (True, False)
    assert operations.authenticate_token(raw, at=AT) is None


def test_nobody_deactivates_themself_or_the_last_administrator(admin):
    with pytest.raises(NotAllowed):
        operations.deactivate_user(user_id=admin.pk, version=1, by=admin, at=AT)
    make_role("keeper", [Permission.USER_ADMIN, Permission.SETTINGS_ADMIN, Permission.PROCESS_ADMIN])
    local = make_user(roles=["keeper"])
    grant_role(local, "administrator", department=make_department())
    with pytest.raises(NotAllowed):
        operations.deactivate_user(user_id=admin.pk, version=1, by=local, at=AT)
    other = make_user(roles=["administrator"])
    operations.deactivate_user(user_id=admin.pk, version=1, by=other, at=AT)
    with pytest.raises(DomainError):
        operations.revoke_role(grant_id=other.grants.get().pk, by=other, at=AT)
    assert User.objects.get(pk=other.pk).is_active


def test_first_setup_makes_an_administrator_once():
    assert queries.needs_setup()
    user = operations.first_setup(
        name="Ada", username="Ada", password="a long password", language="en", with_demo=True, at=AT
    )
    assert (user.username, sorted(user.grants.values_list("role__key", flat=True))) == (
        "ada",
        ["administrator", "executive"],
    )
    assert Event.objects.get(name="installation.set_up").data["with_demo"] is True
    with pytest.raises(operations.AlreadySetUp):
        operations.first_setup(name="Eve", username="eve", password="a long password", language="en", at=AT)
    assert (User.objects.count(), queries.needs_setup()) == (1, False)


def test_first_setup_refuses_weak_input():
    with pytest.raises(InvalidInput) as caught:
        operations.first_setup(name="", username="a b", password="password", language="xx", at=AT)
    assert sorted(caught.value.errors) == ["language", "name", "password", "username"]


def test_reset_links_live_for_at_most_half_an_hour():
    assert settings.PASSWORD_RESET_TIMEOUT <= 30 * 60
