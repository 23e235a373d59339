"""The daily backup: at its hour, the newest kept, failures told; and what `openpsm check` says of backups."""

from datetime import timedelta

import pytest
import time_machine

from openpsm.core import parameters
from openpsm.core.errors import DomainError
from openpsm.exchange import backup
from openpsm.exchange.backup import record, schedule, tables
from openpsm.org.models import Notification
from tests.factories import AT
from tests.factories.org import make_user

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(transactional_db, settings, tmp_path):
    """A folder for backups, and a data folder without memory of older ones."""
    (record._path()).unlink(missing_ok=True)
    settings.OPENPSM_BACKUP_DIR = str(tmp_path)
    return tmp_path


def at_hour(hour, *, day=0):
    return AT.replace(hour=hour, minute=23) + timedelta(days=day)


def run(at):
    with time_machine.travel(at, tick=False):
        return schedule.back_up.func()


def test_once_a_day_at_its_hour_and_the_newest_are_kept(folder):
    parameters.set_parameter(key="backup.hour", value=3, by=None, at=AT)
    parameters.set_parameter(key="backup.keep", value=2, by=None, at=AT)
    (folder / "openpsm-by-hand.backup").touch()
    assert [bool(run(at_hour(hour))) for hour in (2, 3, 4)] == [False, True, False]
    for day in (1, 2):
        assert run(at_hour(3, day=day))
    days = ("openpsm-20260917-032300.backup", "openpsm-20260918-032300.backup")
    assert sorted(path.name for path in folder.iterdir()) == [*days, "openpsm-by-hand.backup"]
    assert backup.inspect(path=folder / days[1]).problems == []


def test_without_a_folder_nothing_is_made(transactional_db):
    assert run(at_hour(1)) == ""


def test_a_failure_keeps_the_old_ones_and_reaches_administrators(folder, monkeypatch):
    administrator, seller = make_user("ada", roles=["administrator"]), make_user("li", roles=["seller"])
    schedule.make_daily(AT)

    def full(_model):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tables, "lines", full)
    with pytest.raises(DomainError, match="No space"):
        schedule.make_daily(AT + timedelta(days=1))
    assert len(list(folder.iterdir())) == 1
    lines = Notification.objects.filter(kind="backup.failed")
    assert [line.user_id for line in lines] == [administrator.pk] != [seller.pk]
    assert "No space" in lines[0].data["reason"]


def said(at):
    return [(finding.level, finding.text.split(":")[0]) for finding in schedule.inspect_backups(at)]


def test_check_tells_how_old_the_newest_backup_is(folder, settings):
    assert said(AT) == [("warning", "There is no backup yet")]
    schedule.make_daily(AT)
    assert said(AT + timedelta(hours=5)) == [("ok", "The last backup is 5 hours old")]
    assert said(AT + timedelta(hours=30))[0][0] == "warning"
    settings.OPENPSM_BACKUP_DIR = ""
    assert said(AT + timedelta(hours=30))[0][0] == "ok"
    assert said(AT + timedelta(days=8))[0][0] == "warning"
    with pytest.raises(DomainError):
        backup.make_backup_and_log(path=folder / "no" / "x", at=AT)
    assert [level for level, _text in said(AT)] == ["warning", "ok"]


def test_the_record_of_backups_bears_damage_and_stays_short(folder):
    record._path().write_text('no json\n{"at": 1}\n[]\n{"at": "2026-01-01", "path": "x"}\n')
    assert record.entries() == []
    for number in range(record.KEEP + 5):
        record.add(AT, folder / str(number))
    assert (len(record.entries()), record.last_good() == record.last()) == (record.KEEP, True)
