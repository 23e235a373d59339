"""The commands, run in this process against the test database."""

from types import SimpleNamespace

import pytest
from django.conf import settings

from openpsm.cli import checking, demo, installation, processes
from openpsm.cli.main import Refused, main
from openpsm.core import events
from openpsm.core.models import Holiday
from openpsm.org import operations, queries
from openpsm.org.models import AccessToken, Role, User
from tests.factories import AT
from tests.factories.org import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _prepared_once(monkeypatch):
    """The tables are there; migrating again would only take time."""
    monkeypatch.setattr(installation, "migrate", lambda: None)


def init(monkeypatch, *options, password="a long password"):
    monkeypatch.setenv("OPENPSM_ADMIN_PASSWORD", password)
    return main(["init", "--no-input", *options])


def test_init_creates_the_first_administrator_and_a_second_run_nobody(monkeypatch, capsys):
    given = ("--username", "Ada", "--name", "Ada L", "--language", "en")
    assert init(monkeypatch, *given) == 0
    assert init(monkeypatch, *given) == 0
    user = User.objects.get()
    assert (user.username, user.language, user.check_password("a long password")) == ("ada", "en", True)
    assert Holiday.objects.filter(day__year=2027).exists()
    assert "There are users already" in capsys.readouterr().out


def test_init_can_make_an_administrator_without_business_rights(monkeypatch):
    assert init(monkeypatch, "--username", "ada", "--name", "Ada", "--administrator-only") == 0
    assert list(User.objects.get().grants.values_list("role__key", flat=True)) == ["administrator"]


@pytest.mark.parametrize("options", [(), ("--username", "ada"), ("--name", "Ada")])
def test_init_without_input_says_what_is_missing(monkeypatch, capsys, options):
    assert init(monkeypatch, *options) == 1
    assert (User.objects.count(), "--username" in capsys.readouterr().err) == (0, True)


def test_init_refuses_a_weak_password(monkeypatch, capsys):
    assert init(monkeypatch, "--username", "ada", "--name", "Ada", password="123") == 1
    assert (User.objects.count(), "too short" in capsys.readouterr().err) == (0, True)


def test_token_prints_the_token_alone(capsys):
    user = make_user("li")
    assert main(["token", "LI", "--read-only", "--days", "7"]) == 0
    raw = capsys.readouterr().out.strip()
    found = operations.authenticate_token(raw, at=AccessToken.objects.get().created_at)
    assert found is not None
    assert found.expires_at is not None
    assert (found.user, found.is_read_only, (found.expires_at - found.created_at).days) == (user, True, 7)


@pytest.mark.parametrize("given", [["nobody"], ["gone"], ["li", "--days", "9999"]])
def test_token_refuses(capsys, given):
    make_user("gone", is_active=False)
    make_user("li")
    assert main(["token", *given]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.startswith("openpsm: "), AccessToken.objects.count()) == ("", True, 0)


@pytest.mark.parametrize(
    "given", [[], ["serve", "--port", "0"], ["serve", "--port", "x"], ["token"], ["token", "li", "--days", "0"]]
)
def test_wrong_options_exit_with_2(given, capsys):
    with pytest.raises(SystemExit) as caught:
        main(given)
    assert caught.value.code == 2


def test_management_commands_pass_through(capsys):
    assert main(["diffsettings", "--default", "tests.settings"]) == 0
    with pytest.raises(SystemExit):
        main(["nosuchcommand"])


def test_check_finds_no_worker_and_a_broken_log(capsys):
    found = list(checking.findings(AT, whole_log=True))
    levels = {finding.text: finding.level for finding in found}
    assert levels["The database answers."] == "ok"
    assert [level for text, level in levels.items() if text.startswith("No worker")] == ["warning"]
    assert levels["The whole event log is unbroken."] == "ok"
    assert main(["check", "--audit"]) == (1 if any(f.level == "error" for f in found) else 0)


def test_check_fails_when_the_log_was_forged(monkeypatch, capsys):
    problem = SimpleNamespace(seq=7, kind="hash", message="was changed")
    monkeypatch.setattr(events, "verify", lambda *, full: [problem])
    assert main(["check", "--audit"]) == 1
    assert "error    Event log, 7: was changed" in capsys.readouterr().out


def test_a_port_in_use_is_refused():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refused) as caught:
            processes.require_free_port("127.0.0.1", port)
        assert str(port) in str(caught.value)
    processes.require_free_port("127.0.0.1", port)


def test_demo_fresh_keeps_its_hands_off_a_real_installation(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "_mark", lambda: tmp_path / "demo")
    make_user("real")
    with pytest.raises(Refused):
        demo._forget()
    assert User.objects.filter(username="real").exists()


def test_demo_prepares_once_and_lists_its_people_again(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "_mark", lambda: tmp_path / "demo")
    monkeypatch.setattr(installation, "collect_static", lambda: None)
    monkeypatch.setattr("openpsm.exchange.demo.load_business", lambda *_args, **_options: None)
    first = demo._prepare(False)
    again = demo._prepare(False)
    assert (len(first), again) == (14, first)


def test_demo_empty_leaves_the_first_administrator_to_the_browser(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "_mark", lambda: tmp_path / "demo")
    monkeypatch.setattr(installation, "collect_static", lambda: None)
    assert demo._prepare(True) == []
    assert queries.needs_setup()


def test_installing_twice_changes_nothing():
    before = list(Role.objects.order_by("pk").values())
    installation.install_shipped_data(AT)
    assert list(Role.objects.order_by("pk").values()) == before
    assert settings.OPENPSM_BASE_URL == "http://127.0.0.1:8000"
