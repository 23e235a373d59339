"""A backup comes back as it was: on either database, across them, made while others write, and for signing in."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.races.arena import ROOT, environment, new_database

pytestmark = pytest.mark.slow
SIGN_IN = """
import django; django.setup()
from datetime import UTC, datetime
from openpsm.org import operations
from openpsm.core.events import verify
at = datetime.now(UTC)
user = operations.sign_in(username="ada", password="a long password", address="127.0.0.1", at=at)
from openpsm.accounts.operations import NewAccount
from openpsm.registrations.operations import register
from openpsm.org.models import User
register(account=NewAccount(name="宁波复原机械有限公司"), by=User.objects.get(username="seller"), at=at)
print(user.username, verify(full=True))
"""


class Place:
    """An installation of its own: a database, a data folder, and what is run in it."""

    def __init__(self, url: str, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.env = environment(url, folder) | {"OPENPSM_LANGUAGE": "en", "OPENPSM_SECRET_KEY": "only-for-tests"}

    def python(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        env = {**self.env, "DJANGO_SETTINGS_MODULE": "openpsm.settings"}
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)

    def openpsm(self, *arguments: str) -> str:
        done = self.python("-m", "openpsm.cli", *arguments)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout

    def refusal(self, *arguments: str) -> str:
        done = self.python("-m", "openpsm.cli", *arguments)
        assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (1, "", False), done.stdout + done.stderr
        return done.stderr

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.exchange.backup_world", *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """An installation with people, 1,000 projects and files."""
    folder = tmp_path_factory.mktemp("source")
    with new_database(folder) as url:
        place = Place(url, folder / "data")
        done = place.python("-m", "tests.exchange.backup_world", "prepare", "1000")
        assert done.stdout == "ready\n", done.stderr
        yield place


@pytest.fixture(scope="module")
def saved(source, tmp_path_factory):
    """A backup of the source at rest."""
    path = tmp_path_factory.mktemp("saved") / "backup.zip"
    source.openpsm("backup", str(path))
    return path


def description(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("manifest.json"))


def content(path):
    """What has to be the same: rows, ids to go on from, head of the log, list of files, anchors, key."""
    said = description(path)
    said["tables"] = {table.pop("label"): table for table in said["tables"]}
    return {name: said[name] for name in ("tables", "head", "files", "file_count", "anchors", "key", "migrations")}


def stored(place):
    return {path.name: path.read_bytes() for path in (place.folder / "media").glob("*/*")}


@pytest.mark.parametrize("kind", ["same", "sqlite"])
def test_restored_is_the_same_and_lives(source, saved, tmp_path, kind):
    if kind == "sqlite" and not os.environ.get("OPENPSM_DATABASE_URL", "").startswith("postgres"):
        kind = "same again"  # on SQLite the other database is another SQLite; the run on PostgreSQL goes across
    with new_database(tmp_path) as url:
        target = Place(url if kind == "same" else f"sqlite:///{tmp_path / 'other.sqlite3'}", tmp_path / "data")
        said = target.openpsm("restore", str(saved))
        assert "Everybody signs in anew" in said
        target.openpsm("backup", str(tmp_path / "again.zip"))
        assert content(tmp_path / "again.zip") == content(saved)
        assert stored(target) == {name: data for name, data in stored(source).items() if name in stored(target)}
        assert len(stored(target)) == description(saved)["file_count"] == 4
        assert target.python("-c", SIGN_IN).stdout == "ada []\n"
        assert "This installation has users" in target.refusal("restore", str(saved))


def test_back_from_sqlite_to_the_database_of_the_tests(saved, tmp_path):
    middle = Place(f"sqlite:///{tmp_path / 'middle.sqlite3'}", tmp_path / "middle")
    middle.openpsm("restore", str(saved))
    middle.openpsm("backup", str(tmp_path / "middle.zip"))
    assert description(tmp_path / "middle.zip")["database"] == "sqlite"
    with new_database(tmp_path) as url:
        target = Place(url, tmp_path / "data")
        target.openpsm("restore", str(tmp_path / "middle.zip"))
        target.openpsm("backup", str(tmp_path / "again.zip"))
    assert content(tmp_path / "again.zip") == content(saved)


def test_a_backup_under_load_is_of_one_moment_and_nobody_waits_for_it(source, tmp_path):
    before = description_of_now(source, tmp_path / "before.zip")
    stop = tmp_path / "stop"
    writer = source.start("work", str(stop))
    assert writer.stdout is not None
    assert writer.stdout.readline() == "working\n"
    paths = [tmp_path / f"{number}.zip" for number in range(3)]
    for path in paths:
        source.openpsm("backup", str(path))
    still_working = writer.poll() is None
    stop.touch()
    said = json.loads(writer.communicate(timeout=60)[0])
    after = description_of_now(source, tmp_path / "after.zip")
    assert (writer.returncode, still_working, said["done"] > 10) == (0, True, True), said
    assert said["slowest"] < max(2, 3 * said["alone"]), said  # a busy machine is slow without a backup too
    heads = [description(path)["head"][0] for path in paths]
    assert before["head"][0] < heads[0] < heads[1] < heads[2] < after["head"][0]
    with new_database(tmp_path) as url:
        target = Place(url, tmp_path / "data")
        target.openpsm("restore", str(paths[1]))
        target.openpsm("backup", str(tmp_path / "again.zip"))
        assert content(tmp_path / "again.zip") == content(paths[1])
        assert "unbroken" in target.python("-m", "openpsm.cli", "check", "--audit").stdout


def description_of_now(place, path):
    place.openpsm("backup", str(path))
    return description(path)


def test_without_key_the_right_key_must_be_there(source, tmp_path):
    path = tmp_path / "no-key.zip"
    source.openpsm("backup", str(path), "--without-key")
    with zipfile.ZipFile(path) as archive:
        assert "audit.key" not in archive.namelist()
    target = Place(f"sqlite:///{tmp_path / 'other.sqlite3'}", tmp_path / "data")
    assert "does not hold its key" in target.refusal("restore", str(path))
    (target.folder / "audit.key").write_bytes((source.folder / "audit.key").read_bytes())
    target.openpsm("restore", str(path))
    assert target.python("-c", SIGN_IN).stdout == "ada []\n"


def test_a_refused_restore_leaves_nothing_behind(saved, tmp_path):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(saved.read_bytes()[:-500])
    target = Place(f"sqlite:///{tmp_path / 'other.sqlite3'}", tmp_path / "data")
    assert "damaged" in target.refusal("restore", str(broken))
    assert [path.name for path in target.folder.iterdir()] == []
    target.openpsm("restore", str(saved))


FAIL_LATE = """
import django; django.setup()
import sys
from datetime import UTC, datetime
from pathlib import Path
from django.db import connection
from openpsm.core.errors import DomainError
from openpsm.exchange.backup import restoring, restore
if sys.argv[2] == "rows":
    def broken(*_arguments): raise DomainError("after writing")
    restoring._verify = broken
else:
    moved = restoring._put
    def broken(path, content, failed):
        moved(path, content, failed)
        raise OSError(28, "full")
    restoring._put = broken
try:
    restore(path=Path(sys.argv[1]), at=datetime.now(UTC))
except (DomainError, OSError) as error:
    print(type(error).__name__, connection.introspection.table_names())
"""


@pytest.mark.parametrize("where", ["rows", "files"])
def test_a_restore_that_fails_late_leaves_the_installation_empty(saved, tmp_path, where):
    with new_database(tmp_path) as url:
        target = Place(url, tmp_path / "data")
        (target.folder / "audit.key").write_text("of before")
        done = target.python("-c", FAIL_LATE, str(saved), where)
        assert done.stdout == "DomainError []\n", done.stdout + done.stderr
        assert (target.folder / "audit.key").read_text() == "of before"
        assert [path.name for path in target.folder.iterdir() if path.is_file()] == ["audit.key"]
        assert stored(target) == {}
        target.openpsm("restore", str(saved))
        assert (target.folder / "audit.key.before-restore").read_text() == "of before"


def test_a_backup_of_an_older_version_is_brought_up_to_date(saved, tmp_path):
    older = Place(f"sqlite:///{tmp_path / 'older.sqlite3'}", tmp_path / "older")
    older.openpsm("restore", str(saved))
    older.openpsm("migrate", "--skip-checks", "--verbosity", "0", "accounts", "0001")
    older.openpsm("backup", str(tmp_path / "older.zip"))
    assert ["accounts", "0002_plain_marks"] not in description(tmp_path / "older.zip")["migrations"]
    target = Place(f"sqlite:///{tmp_path / 'newer.sqlite3'}", tmp_path / "newer")
    target.openpsm("restore", str(tmp_path / "older.zip"))
    target.openpsm("backup", str(tmp_path / "again.zip"))
    assert content(tmp_path / "again.zip")["migrations"] == content(saved)["migrations"]
