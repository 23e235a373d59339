"""One's own settings, sessions and tokens."""

import re

import pytest

from openpsm.org.models import AccessToken, UserSession
from openpsm.org.operations import authenticate_token
from openpsm.org.queries import session_id
from openpsm.web.visitors import browser_of
from tests.factories import AT
from tests.factories.org import PASSWORD, make_department, make_user

pytestmark = pytest.mark.django_db
SHOWN = {"language": "", "theme": "", "amount_unit": "yuan", "phone": ""}


@pytest.fixture
def user(client):
    user = make_user(department=make_department("Energy"), phone="13800000001")
    client.post("/login", {"username": user.username, "password": PASSWORD})
    return user


def test_profile_shows_the_person_and_changes_how_things_look(client, user):
    assert "Energy" in client.get("/profile").text
    given = SHOWN | {"language": "zh-hans", "theme": "dark", "amount_unit": "wan", "phone": "139"}
    assert client.post("/profile", given)["Location"] == "/profile"
    user.refresh_from_db()
    assert (user.language, user.theme, user.amount_unit, user.phone) == ("zh-hans", "dark", "wan", "139")


def test_profile_without_change_leaves_no_event_and_no_version(client, user):
    client.post("/profile", SHOWN | {"phone": user.phone})
    user.refresh_from_db()
    assert user.version == 1


def test_profile_refuses_what_is_not_offered(client, user):
    response = client.post("/profile", SHOWN | {"amount_unit": "dollars", "phone": "a" * 31})
    assert (response.status_code, "dollars is not one of the available choices" in response.text) == (422, True)


def test_profile_needs_a_signed_in_person(client):
    assert client.get("/profile")["Location"] == "/login?next=/profile"


@pytest.mark.parametrize("rows", [0, 6])
def test_profile_query_count(client, user, rows, django_assert_num_queries):
    for number in range(rows):
        AccessToken.objects.create(user=user, name="x", prefix="psm_", digest=str(number), created_at=AT, expires_at=AT)
        UserSession.objects.create(pk=f"key{number}", user=user, session_data="", expire_date="2100-01-01T00:00Z")
    client.get("/profile")
    with django_assert_num_queries(7):
        client.get("/profile")


def test_sessions_are_listed_without_their_keys_and_ended(client, htmx_client, user):
    htmx_client.post("/login", {"username": user.username, "password": PASSWORD})
    other = htmx_client.session.session_key
    page = client.get("/profile").text
    assert (session_id(other) in page, other in page) == (True, False)
    client.post(f"/profile/sessions/{session_id(other)}/end")
    assert htmx_client.get("/more")["HX-Redirect"] == "/login?next=/more"
    assert client.get("/more").status_code == 200


def test_end_others_leaves_this_session(client, htmx_client, user):
    htmx_client.post("/login", {"username": user.username, "password": PASSWORD})
    client.post("/profile/sessions/end-others")
    assert UserSession.objects.filter(user=user).count() == 1
    assert client.get("/more").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(client, htmx_client, user):
    stranger = make_user()
    htmx_client.post("/login", {"username": stranger.username, "password": PASSWORD})
    key = htmx_client.session.session_key
    assert client.post(f"/profile/sessions/{session_id(key)}/end").status_code == 404
    assert UserSession.objects.filter(pk=key).exists()


def test_a_token_is_shown_once_and_works_until_it_is_revoked(client, user):
    page = client.post("/profile/tokens/new", {"name": "Excel", "days": "30", "is_read_only": "on"}).text
    [raw] = re.findall(r'value="(psm_[^"]+)"', page)
    token = authenticate_token(raw, at=AT)
    assert token is not None
    assert (token.user, token.is_read_only) == (user, True)
    assert raw not in client.get("/profile").text
    assert client.post(f"/profile/tokens/{token.pk}/revoke")["Location"] == "/profile"
    assert authenticate_token(raw, at=AT) is None
    assert "revoked" in client.get("/profile").text


def test_a_token_that_lives_too_long_is_refused_with_its_limit(client, user):
    response = client.post("/profile/tokens/new", {"name": "Excel", "days": "900"})
    assert (response.status_code, "A token lives for 1 to 365 days." in response.text) == (422, True)
    assert not AccessToken.objects.exists()


def test_making_a_token_asks_for_the_password_when_it_was_not_given_lately(client):
    user = make_user()
    client.force_login(user)
    given = {"name": "Excel", "days": "30"}
    assert client.post("/profile/tokens/new", given).status_code == 422
    wrong = client.post("/profile/tokens/new", given | {"password": "wrong"})
    assert "This is not your password." in wrong.text
    assert not AccessToken.objects.exists()
    assert "psm_" in client.post("/profile/tokens/new", given | {"password": PASSWORD}).text
    assert client.post("/profile/tokens/new", given).status_code == 200


def test_nobody_revokes_the_token_of_a_stranger(client, user):
    token = AccessToken.objects.create(user=make_user(), name="x", prefix="psm_", digest="d", created_at=AT)
    assert client.post(f"/profile/tokens/{token.pk}/revoke").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36 Edg/141.0",
            "Edge · Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1",
            "Safari · iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36 MicroMessenger/8.0",
            "微信 · Android",
        ),
        ("curl/8.5", "curl/8.5"),
        ("", ""),
    ],
)
def test_a_session_names_its_browser_as_people_do(agent, words):
    assert browser_of(agent) == words
