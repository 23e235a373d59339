"""Signing in, its limits, passwords, reset links and sessions."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, TooMany
from openpsm.core.jobs.worker import run_due
from openpsm.core.models import Event, Job
from openpsm.org import operations, queries, sessions
from openpsm.org.models import AccessToken, User, UserSession
from openpsm.org.operations.passwords import ResetRefused
from openpsm.org.operations.signing_in import SignInRefused
from openpsm.org.sessions import SessionStore
from tests.factories import AT
from tests.factories.org import PASSWORD, make_user

pytestmark = pytest.mark.django_db
HOME, STRANGER = "192.0.2.1", "198.51.100.7"
NEW = "another long password"


def sign_in(username="li", password=PASSWORD, address=HOME, at=AT):
    return operations.sign_in(username=username, password=password, address=address, at=at)


def refused(**given):
    with pytest.raises(SignInRefused) as caught:
        sign_in(**given)
    return str(caught.value)


def test_sign_in_takes_the_name_in_any_case_and_leaves_an_event():
    user = make_user("li")
    assert sign_in(username=" LI ") == user
    assert Event.objects.filter(name="user.signed_in", by=user).count() == 1


def test_sign_in_says_the_same_to_a_wrong_password_an_unknown_and_a_deactivated_user():
    make_user("li")
    make_user("gone", is_active=False)
    said = {refused(password="wrong"), refused(username="nobody"), refused(username="gone")}
    assert said == {"The user name or the password is not right."}
    assert not Event.objects.filter(name="user.signed_in").exists()


def test_sign_in_hashes_for_unknown_names_too(monkeypatch):
    hashed: list[str] = []
    monkeypatch.setattr("openpsm.org.operations.signing_in.make_password", hashed.append)
    refused(username="nobody", password="guess")
    assert hashed == ["guess"]


def test_sign_in_waits_after_five_failures_even_with_the_right_password_and_only_for_minutes():
    make_user("li")
    for _each in range(5):
        refused(password="wrong")
    with pytest.raises(TooMany) as caught:
        sign_in()
    assert 0 < caught.value.retry_after <= 300
    assert sign_in(at=AT + timedelta(seconds=caught.value.retry_after)).username == "li"


def test_a_stranger_guessing_does_not_lock_the_user_out_elsewhere():
    make_user("li")
    for _each in range(5):
        refused(password="wrong", address=STRANGER)
    assert sign_in(address=HOME).username == "li"


def test_a_user_with_a_session_gets_in_while_the_whole_world_guesses():
    user = make_user("li")
    with time_machine.travel(AT, tick=False):
        store = SessionStore()
        store["_auth_user_id"] = str(user.pk)
        sessions.start(store, address=HOME, agent="", at=AT)
        store.create()
    for index in range(30):
        refused(password="wrong", address=f"203.0.113.{index}")
    with pytest.raises(TooMany):
        sign_in(address="203.0.113.200")
    assert sign_in(address=HOME) == user


def test_an_address_that_tries_many_names_has_to_wait():
    make_user("li")
    for index in range(60):
        refused(username=f"name{index}", address=STRANGER)
    with pytest.raises(TooMany):
        sign_in(address=STRANGER)


def test_good_sign_ins_of_an_office_are_not_counted():
    make_user("li")
    for _each in range(70):
        sign_in()
    assert Event.objects.filter(name="user.signed_in").count() == 70


def test_change_password_ends_the_other_sessions_and_keeps_tokens():
    user = make_user("li", must_change_password=True)
    mine, other = (UserSession.objects.create(session_key=key, user=user, expire_date=AT) for key in "ab")
    _token, raw = operations.make_token(name="script", by=user, at=AT)
    changed = operations.change_password(old_password=PASSWORD, new_password=NEW, keep_session="a", by=user, at=AT)
    assert (changed.check_password(NEW), changed.must_change_password) == (True, False)
    assert (list(UserSession.objects.all()), other.pk) == ([mine], "b")
    assert operations.authenticate_token(raw, at=AT) is not None


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [("wrong", NEW, "old_password"), (PASSWORD, "short", "new_password"), (PASSWORD, PASSWORD, "new_password")],
)
def test_change_password_refuses(old, new, field):
    user = make_user("li")
    with pytest.raises(InvalidInput) as caught:
        operations.change_password(old_password=old, new_password=new, by=user, at=AT)
    assert list(caught.value.errors) == [field]
    assert User.objects.get().check_password(PASSWORD)


def test_confirm_password_is_limited_like_signing_in():
    user = make_user("li")
    operations.confirm_password(password=PASSWORD, address=HOME, by=user, at=AT)
    for _each in range(5):
        with pytest.raises(InvalidInput):
            operations.confirm_password(password="wrong", address=HOME, by=user, at=AT)
    with pytest.raises(TooMany):
        operations.confirm_password(password=PASSWORD, address=HOME, by=user, at=AT)


def mailed_link(mailoutbox):
    found = re.search(r"http://127\.0\.0\.1:8000/password/reset/([^/\s]+)/(\S+)", mailoutbox[-1].body)
    assert found is not None
    return {"uid": found[1], "token": found[2]}


def test_request_reset_does_the_same_for_known_and_unknown_mail(django_assert_num_queries):
    make_user("li", email="li@example.com")
    with django_assert_num_queries(5):
        operations.request_reset(email="li@example.com", address=HOME, at=AT)
    with django_assert_num_queries(5):
        operations.request_reset(email="nobody@example.com", address=HOME, at=AT)
    assert [job.kwargs["email"] for job in Job.objects.order_by("enqueued_at")] == [
        "li@example.com",
        "nobody@example.com",
    ]


def test_reset_password_by_mailed_link_works_once_and_ends_sessions_and_tokens(mailoutbox):
    user = make_user("li", email="Li@example.com")
    UserSession.objects.create(session_key="a", user=user, expire_date=AT)
    operations.make_token(name="script", by=user, at=AT)
    operations.request_reset(email="li@EXAMPLE.com", address=HOME, at=AT)
    run_due()
    assert mailoutbox[-1].to == ["Li@example.com"]
    link = mailed_link(mailoutbox)

    changed = operations.reset_password(**link, new_password=NEW, at=AT)

    assert changed.check_password(NEW)
    assert (UserSession.objects.count(), AccessToken.objects.live().count()) == (0, 0)
    with pytest.raises(ResetRefused):
        operations.reset_password(**link, new_password="yet another password", at=AT)


def test_reset_mails_go_to_active_users_with_exactly_this_address_only(mailoutbox):
    make_user("li", email="li@example.com")
    make_user("gone", email="gone@example.com", is_active=False)
    for email in ("gone@example.com", "nobody@example.com", "%", "l_@example.com", ""):
        operations.request_reset(email=email, address=HOME, at=AT)
    run_due()
    assert mailoutbox == []


def test_reset_link_dies_after_half_an_hour(mailoutbox):
    make_user("li", email="li@example.com")
    operations.request_reset(email="li@example.com", address=HOME, at=AT)
    run_due()
    link = mailed_link(mailoutbox)
    assert queries.user_of_link(**link) is not None
    with time_machine.travel((timezone.now() + timedelta(minutes=31)).timestamp()):
        assert queries.user_of_link(**link) is None
        with pytest.raises(ResetRefused):
            operations.reset_password(**link, new_password=NEW, at=AT)


@pytest.mark.parametrize("uid", ["", "!!", "MQ", "OTk5OTk5", "x" * 400, "王"])
def test_wrong_links_are_refused_alike(uid):
    make_user("li")
    with pytest.raises(ResetRefused):
        operations.reset_password(uid=uid, token="abc-def", new_password=NEW, at=AT)


def test_a_weak_new_password_does_not_use_the_link_up(mailoutbox):
    make_user("li", email="li@example.com")
    operations.request_reset(email="li@example.com", address=HOME, at=AT)
    run_due()
    link = mailed_link(mailoutbox)
    with pytest.raises(InvalidInput):
        operations.reset_password(**link, new_password="short", at=AT)
    assert operations.reset_password(**link, new_password=NEW, at=AT).check_password(NEW)


def test_request_reset_is_limited_per_mail_and_per_address():
    for _each in range(3):
        operations.request_reset(email="li@example.com", address=HOME, at=AT)
    with pytest.raises(TooMany):
        operations.request_reset(email="LI@example.com", address=STRANGER, at=AT)
    for index in range(17):
        operations.request_reset(email=f"{index}@example.com", address=HOME, at=AT)
    with pytest.raises(TooMany):
        operations.request_reset(email="other@example.com", address=HOME, at=AT)


def test_reset_by_administrator_ends_access_and_asks_for_a_new_password():
    admin, user = make_user(roles=["administrator"]), make_user("li")
    UserSession.objects.create(session_key="a", user=user, expire_date=AT)
    password = operations.reset_by_administrator(user_id=user.pk, by=admin, at=AT)
    user.refresh_from_db()
    assert (user.check_password(password), user.must_change_password, UserSession.objects.count()) == (True, True, 0)
    with pytest.raises(NotAllowed):
        operations.reset_by_administrator(user_id=admin.pk, by=user, at=AT)


def open_session(user, at=AT):
    with time_machine.travel(at, tick=False):
        store = SessionStore()
        store["_auth_user_id"] = str(user.pk)
        sessions.start(store, address=HOME, agent="Firefox", at=at)
        store.create()
    return store.session_key


def is_alive(key, at):
    with time_machine.travel(at, tick=False):
        return SessionStore(key).load() != {}


def test_sessions_end_after_twelve_idle_hours():
    key = open_session(make_user())
    assert is_alive(key, AT + timedelta(hours=11))
    assert is_alive(key, AT + timedelta(hours=22))
    assert not is_alive(key, AT + timedelta(hours=34))
    assert UserSession.objects.count() == 0


def test_sessions_end_after_fourteen_days_however_busy():
    key = open_session(make_user())
    for hours in range(0, 14 * 24, 6):
        with time_machine.travel(AT + timedelta(hours=hours), tick=False):
            store = SessionStore(key)
            store["page"] = hours
            store.save()
    assert not is_alive(key, AT + timedelta(days=14))


def test_a_session_notes_its_use_every_five_minutes_only(django_assert_num_queries):
    key = open_session(make_user())
    with django_assert_num_queries(1):
        is_alive(key, AT + timedelta(minutes=4))
    with django_assert_num_queries(2):
        is_alive(key, AT + timedelta(minutes=6))


def test_sessions_are_listed_and_ended_without_showing_their_keys():
    user, other = make_user(), make_user()
    mine, phone, foreign = open_session(user), open_session(user, AT + timedelta(hours=1)), open_session(other)
    listed = queries.sessions_of(user, current=mine, at=AT + timedelta(hours=2))
    assert [(row.address, row.agent, row.is_current) for row in listed] == [
        (HOME, "Firefox", False),
        (HOME, "Firefox", True),
    ]
    assert not {mine, phone} & {row.id for row in listed}
    operations.end_session(session=listed[0].id, by=user, at=AT)
    with pytest.raises(UserSession.DoesNotExist):
        operations.end_session(session=queries.session_id(foreign), by=user, at=AT)
    assert set(UserSession.objects.values_list("pk", flat=True)) == {mine, foreign}


def test_end_other_sessions_keeps_the_current_one():
    user = make_user()
    keep, _gone = open_session(user), open_session(user)
    assert operations.end_other_sessions(keep=keep, by=user, at=AT) == 1
    assert [row.pk for row in UserSession.objects.all()] == [keep]


def test_a_password_counts_as_just_given_for_a_quarter_of_an_hour():
    store = SessionStore()
    assert not sessions.is_confirmed(store, at=AT)
    sessions.confirm(store, at=AT)
    after = [sessions.is_confirmed(store, at=AT + timedelta(minutes=minutes)) for minutes in (0, 14, 15)]
    assert after == [True, True, False]


def test_token_is_kept_as_a_digest_and_shown_once():
    user = make_user()
    token, raw = operations.make_token(name="script", by=user, at=AT, is_read_only=True, days=30)
    row = AccessToken.objects.values().get()
    assert raw not in str(row)
    assert (raw.startswith(row["prefix"]), len(row["digest"]), row["expires_at"]) == (True, 64, AT + timedelta(days=30))
    assert raw not in str(list(Event.objects.values()))
    assert (token.is_read_only, queries.needs_setup()) == (True, False)


def test_token_expires_and_can_be_revoked():
    user = make_user()
    token, raw = operations.make_token(name="script", by=user, at=AT, days=1)
    found = operations.authenticate_token(raw, at=AT + timedelta(hours=23))
    assert (found, found and found.user) == (token, user)
    assert operations.authenticate_token(raw, at=AT + timedelta(days=1)) is None
    operations.revoke_token(token_id=token.pk, by=user, at=AT)
    assert operations.authenticate_token(raw, at=AT) is None


@pytest.mark.parametrize("raw", ["", "psm_", "psm_wrong", "x" * 43, "psm_" + "x" * 5000, "psm_王"])
def test_wrong_tokens_are_nobody(raw):
    make_user()
    assert operations.authenticate_token(raw, at=AT) is None


def test_token_notes_its_use_every_five_minutes_only(django_assert_num_queries):
    _token, raw = operations.make_token(name="script", by=make_user(), at=AT)
    with django_assert_num_queries(2):
        operations.authenticate_token(raw, at=AT)
    with django_assert_num_queries(1):
        operations.authenticate_token(raw, at=AT + timedelta(minutes=4))


def test_only_the_owner_and_administrators_revoke_a_token():
    token, _raw = operations.make_token(name="script", by=make_user(), at=AT)
    with pytest.raises(AccessToken.DoesNotExist):
        operations.revoke_token(token_id=token.pk, by=make_user(), at=AT)
    revoked = operations.revoke_token(token_id=token.pk, by=make_user(roles=["administrator"]), at=AT)
    assert revoked.revoked_at == AT


@pytest.mark.parametrize(("name", "days", "field"), [("", 1, "name"), ("x", 0, "days"), ("x", 366, "days")])
def test_make_token_refuses(name, days, field):
    with pytest.raises(InvalidInput) as caught:
        operations.make_token(name=name, days=days, by=make_user(), at=AT)
    assert list(caught.value.errors) == [field]


def test_a_deactivated_user_makes_no_token():
    user = make_user()
    User.objects.update(is_active=False)
    with pytest.raises((User.DoesNotExist, DomainError)):
        operations.make_token(name="x", by=user, at=AT)
