"""Signing in, the first start, languages, passwords."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from openpsm.core.jobs import worker
from openpsm.core.models import Event
from openpsm.org.models import User, UserSession
from openpsm.web.middleware import WITH_A_GIVEN_PASSWORD
from openpsm.web.visitors import address_of
from tests.factories.org import PASSWORD, make_department, make_user

pytestmark = pytest.mark.django_db
NEW = "violet anchor seventeen"


def sign_in(client, user, password=PASSWORD, **more):
    return client.post("/login", {"username": user.username, "password": password, **more})


def test_login_opens_a_session_with_address_and_browser(client):
    user = make_user("zhang")
    response = client.post(
        "/login", {"username": " ZHANG ", "password": PASSWORD}, headers={"User-Agent": "Firefox 140"}
    )
    assert (response.status_code, response["Location"]) == (302, "/today")
    row = UserSession.objects.get(user=user)
    assert (row.address, row.agent, row.started_at is not None) == ("127.0.0.1", "Firefox 140", True)


def test_login_changes_the_session_key(client):
    user = make_user()
    client.force_login(make_user())
    before = client.session.session_key
    client.post("/logout")
    sign_in(client, user)
    assert client.session.session_key != before


@pytest.mark.parametrize(("name", "password"), [("zhang", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD)])
def test_login_refuses_with_the_same_words_and_keeps_the_name(client, name, password):
    make_user("zhang")
    make_user("gone", is_active=False)
    response = client.post("/login", {"username": name, "password": password})
    assert response.status_code == 422
    assert "The user name or the password is not right." in response.text
    assert f'value="{name}"' in response.text
    assert password not in response.text
    assert not UserSession.objects.filter(user__isnull=False).exists()


def test_login_makes_a_guesser_wait(client):
    user = make_user("zhang")
    for _try in range(5):
        sign_in(client, user, "wrong")
    response = sign_in(client, user)
    assert (response.status_code, "Too many tries" in response.text) == (422, True)


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ("/profile", "/profile"),
        ("/search?q=zgsh", "/search?q=zgsh"),
        ("https://evil.example/", "/today"),
        ("//evil.example/", "/today"),
        ("/\\evil.example", "/today"),
        ("javascript:alert(1)", "/today"),
        ("/logout", "/today"),
        ("/no/such/page", "/today"),
    ],
)
def test_login_goes_on_to_a_page_of_ours_only(client, wanted, place):
    assert sign_in(client, make_user(), next=wanted)["Location"] == place


def test_a_stranger_is_sent_to_the_sign_in_page_and_back(client, htmx_client):
    make_user()
    response = client.get("/search?q=a b")
    assert response["Location"] == "/login?next=/search%3Fq%3Da%2520b"
    assert 'name="next" value="/search?q=a%20b"' in client.get(response["Location"]).text
    assert htmx_client.get("/today")["HX-Redirect"] == "/login?next=/today"


def test_login_sends_those_already_in_to_their_day(client):
    client.force_login(make_user())
    assert client.get("/login")["Location"] == "/today"


def test_start_leads_to_today(client):
    client.force_login(make_user())
    assert client.get("/")["Location"] == "/today"


def test_a_deactivated_user_is_out_with_the_next_click(client):
    user = make_user()
    sign_in(client, user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/more")["Location"] == "/login?next=/more"


# --- the first start

SETUP = {"name": "陈明", "username": "chen", "password": NEW, "again": NEW, "language": "zh-hans"}


def test_the_first_visitor_becomes_administrator(client):
    assert client.get("/login")["Location"] == "/setup"
    assert client.get("/setup").status_code == 200
    response = client.post("/setup", SETUP | {"with_demo": "on"})
    assert (response.status_code, response["Location"]) == (302, "/today")
    user = User.objects.get()
    assert (user.username, user.language, str(client.session["_auth_user_id"])) == ("chen", "zh-hans", str(user.pk))
    assert Event.objects.get(name="installation.set_up").data["with_demo"] is True


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"again": "something else"}, "The two passwords are not the same."),
        ({"password": "short", "again": "short"}, "This password is too short"),
        ({"username": "a b"}, "A user name has 2 to 60"),
        ({"name": ""}, "This field is required."),
    ],
)
def test_setup_refuses_and_keeps_what_was_typed(client, change, words):
    response = client.post("/setup", SETUP | change)
    assert response.status_code == 422
    assert words in response.text
    assert (User.objects.count(), NEW in response.text) == (0, False)


def test_setup_is_closed_once_somebody_is_there(client):
    make_user()
    assert client.get("/setup")["Location"] == "/login"
    assert client.post("/setup", SETUP)["Location"] == "/login"
    assert not User.objects.filter(username="chen").exists()


# --- out, language, theme


def test_logout_ends_the_session_and_clears_the_browser(client):
    sign_in(client, make_user())
    assert client.get("/logout").status_code == 405
    response = client.post("/logout")
    assert (response["Location"], response["Clear-Site-Data"]) == ("/login", '"cache", "storage"')
    assert not UserSession.objects.exists()
    assert client.get("/today")["Location"] == "/login?next=/today"


def test_a_visitor_chooses_the_language_of_the_sign_in_page(client):
    make_user()
    response = client.post("/language", {"language": "zh-hans", "next": "/login"})
    assert response["Location"] == "/login"
    page = client.get("/login")
    assert ('<html lang="zh-hans"' in page.text, page["Content-Language"]) == (True, "zh-hans")


def test_a_user_chooses_language_and_theme(client):
    user = make_user(language="en")
    client.force_login(user)
    client.post("/language", {"language": "zh-hans", "next": "/profile"})
    response = client.post("/theme", {"theme": "dark", "next": "/profile"})
    user.refresh_from_db()
    assert (user.language, user.theme, response["Location"]) == ("zh-hans", "dark", "/profile")
    assert 'data-bs-theme="dark"' in client.get("/more").text


def test_an_unknown_language_or_theme_changes_nothing(client):
    user = make_user(language="en", theme="light")
    client.force_login(user)
    client.post("/language", {"language": "xx"})
    client.post("/theme", {"theme": "pink"})
    user.refresh_from_db()
    assert (user.language, user.theme, user.version) == ("en", "light", 1)


# --- passwords


def test_change_password_keeps_this_session_and_ends_the_others(client, htmx_client):
    user = make_user()
    sign_in(client, user)
    sign_in(htmx_client, user)
    given = {"old_password": PASSWORD, "new_password": NEW, "again": NEW}
    assert client.post("/password", given)["Location"] == "/profile"
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert client.get("/more").status_code == 200
    assert htmx_client.get("/more")["HX-Redirect"] == "/login?next=/more"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"old_password": "wrong"}, "This is not your password."),
        ({"again": "violet anchor eighteen"}, "The two passwords are not the same."),
        ({"new_password": PASSWORD, "again": PASSWORD}, "The new password is the old one."),
    ],
)
def test_change_password_refuses(client, change, words):
    user = make_user()
    sign_in(client, user)
    response = client.post("/password", {"old_password": PASSWORD, "new_password": NEW, "again": NEW} | change)
    user.refresh_from_db()
    assert (response.status_code, words in response.text, user.check_password(PASSWORD)) == (422, True, True)


def test_a_given_password_is_changed_before_anything_else(client, htmx_client):
    user = make_user(must_change_password=True)
    sign_in(client, user)
    sign_in(htmx_client, user)
    assert client.get("/today")["Location"] == "/password"
    assert htmx_client.get("/today")["HX-Redirect"] == "/password"
    assert "given to you by somebody else" in client.get("/password").text
    given = {"old_password": PASSWORD, "new_password": NEW, "again": NEW}
    assert client.post("/password", given)["Location"] == "/today"
    assert client.get("/more").status_code == 200


def test_the_addresses_open_with_a_given_password_exist():
    assert {reverse("web:password"), reverse("web:theme")} == WITH_A_GIVEN_PASSWORD


def test_reset_by_mail_sets_a_new_password_once(client):
    user = make_user("zhang", email="zhang@example.com")
    known = client.post("/password/reset", {"email": "Zhang@example.com"})
    unknown = client.post("/password/reset", {"email": "nobody@example.com"})
    words = "If somebody here has this address"
    assert [(words in page.text, page.status_code) for page in (known, unknown)] == [(True, 200)] * 2
    worker.run_due()
    [letter] = mail.outbox
    [link] = re.findall(r"http://127\.0\.0\.1:8000(/password/reset/\S+)", str(letter.body))
    assert client.get(link).status_code == 200
    assert client.post(link, {"new_password": "short", "again": "short"}).status_code == 422
    assert client.post(link, {"new_password": NEW, "again": NEW})["Location"] == "/login"
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert (client.get(link).status_code, client.post(link, {"new_password": NEW, "again": NEW}).status_code) == (
        410,
        422,
    )


@pytest.mark.parametrize(("uid", "token"), [("MQ", "x-y"), ("___", "c1-0"), ("OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk", "a-b")])
def test_a_senseless_reset_link_is_said_to_be_no_more_valid(client, uid, token):
    response = client.get(f"/password/reset/{uid}/{token}")
    assert (response.status_code, "not valid any more" in response.text) == (410, True)


# --- where somebody comes from


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.7, 203.0.113.9", "198.51.100.7"),
        (1, "", "10.0.0.1"),
        (1, "rubbish", ""),
    ],
)
def test_address_is_what_the_outermost_trusted_proxy_saw(rf, settings, proxies, forwarded, expected):
    settings.OPENPSM_TRUSTED_PROXIES = proxies
    request = rf.get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="10.0.0.1")
    assert address_of(request) == expected


def test_a_session_left_alone_for_half_a_day_is_over(client):
    sign_in(client, make_user(department=make_department()))
    UserSession.objects.update(seen_at=timezone.now() - timedelta(hours=13))
    assert client.get("/more")["Location"] == "/login?next=/more"
