"""The commands, run in this process against the test database."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings

from openpsm.cli import checking, demo, installation, processes
from openpsm.cli.main import Refused, main
from openpsm.core import events, inspections
from openpsm.core.models import Event, Holiday, Job
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
    assert [level for text, level in levels.items() if text.startswith("The database answers: ")] == ["ok"]
    assert levels["The tables are up to date."] == "ok"
    assert levels["The clock is right."] == "ok"
    assert [level for text, level in levels.items() if text.startswith("There is no backup yet")] == ["warning"]
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
    assert (len(first), again) == (15, first)


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


def levels_of(at=AT):
    return {finding.text: finding.level for finding in checking.findings(at, whole_log=False)}


def level_of(start, at=AT):
    return [level for text, level in levels_of(at).items() if text.startswith(start)]


def test_check_names_missing_migrations_and_what_to_do(monkeypatch):
    monkeypatch.setattr("openpsm.core.health.pending_migrations", lambda: ["core.0009_new", "org.0009_new"])
    expected = "The tables are not up to date: 2 migrations are missing, from core.0009_new on. Run “openpsm init”."
    found = levels_of()
    assert found[expected] == "error"
    assert not [text for text in found if "event log" in text]


def test_check_finds_jobs_given_up_and_a_clock_that_is_wrong():
    Job.objects.create(task="x.y", state=Job.State.PARKED, enqueued_at=AT, run_after=AT)
    assert level_of("1 jobs were given up") == ["warning"]
    installed = Event.objects.order_by("-seq").values_list("at", flat=True)[0]
    assert level_of("The newest event is of", installed - timedelta(minutes=10)) == ["warning"]


@pytest.mark.parametrize(
    ("free", "level"), [(10**12, "ok"), (200 * 1024 * 1024, "warning"), (10 * 1024 * 1024, "error")]
)
def test_check_looks_at_the_disk(monkeypatch, free, level):
    monkeypatch.setattr("openpsm.cli.checking.shutil.disk_usage", lambda _path: SimpleNamespace(free=free))
    assert [found for text, found in levels_of().items() if "free in the data folder" in text] == [level]


def test_warnings_do_not_fail_and_errors_do(monkeypatch, capsys):
    for level, status in ((inspections.OK, 0), (inspections.WARNING, 0), (inspections.ERROR, 1)):
        monkeypatch.setattr(checking, "findings", lambda *_a, level=level, **_o: [inspections.Finding(level, "x")])
        assert main(["check"]) == status
        assert capsys.readouterr().out == f"{level:<8} x\n"


def test_what_packages_add_is_asked(monkeypatch):
    monkeypatch.setattr(inspections, "_inspections", {})
    inspections.inspection("totals")(lambda _at: [inspections.Finding(inspections.ERROR, "the totals drift")])
    assert levels_of()["the totals drift"] == "error"
    with pytest.raises(ValueError, match="totals"):
        inspections.inspection("totals")(lambda _at: [])


def test_password_lets_an_administrator_back_in_and_leaves_its_event(capsys):
    user = make_user("ada", roles=["administrator"])
    assert main(["password", "ADA"]) == 0
    password = capsys.readouterr().out.strip()
    user.refresh_from_db()
    assert (user.check_password(password), user.must_change_password) == (True, True)
    event = Event.objects.get(name="user.password_reset")
    assert (event.by_id, event.subject_id, event.data["at_the_server"]) == (None, user.pk, True)
    assert main(["password", "nobody"]) == 1
