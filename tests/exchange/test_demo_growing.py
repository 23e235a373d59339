"""The many smaller stories of the demo company, told by a worker one by one."""

from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from openpsm.accounts.models import Account, Contact
from openpsm.activities.models import Activity
from openpsm.core.models import Event, Job
from openpsm.exchange.demo import company, growing, load_demo, marking, more
from openpsm.exchange.demo.deleting import delete_demo, remaining
from openpsm.exchange.demo.words import BETWEEN_LANGUAGES, both
from openpsm.insights.models import Alert
from openpsm.org.models import User
from openpsm.projects.models import Project
from tests.factories import AT

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ZH: dict[str, Any] = {"at": AT, "language": "zh-hans"}
MODELS = (Account, Project, Contact, Activity)


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """The written stories, as they stand before the first page is shown."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_demo(**ZH)
        yield
        transaction.set_rollback(True)


def counted() -> list[int]:
    return [model.objects.count() for model in MODELS]


def test_the_stories_are_many_and_no_two_companies_are_called_alike():
    accounts, projects = more.stories()
    names = Counter(half for row in accounts for half in both(row["name"]).values())
    assert (len(accounts) >= 110, len(projects) >= 90, max(names.values())) == (True, True, 1)
    assert all(BETWEEN_LANGUAGES in row[key] for row in projects for key in ("name", "line", "site"))
    assert (accounts, projects) == more.stories()


def test_a_worker_is_asked_and_goes_on_where_another_one_stopped(demo, monkeypatch):
    assert Job.objects.filter(task__endswith="growing.go_on").exists()
    before = counted()
    assert growing.grow(**ZH, most=3) == 3
    grown = counted()
    assert [new > old for old, new in zip(before, grown, strict=True)] == [True, False, True, True]
    assert (growing.grow(**ZH, most=3), counted()) == (0, grown)
    told = company.steps_of_row

    def broken(row, *rest):
        if row["key"] == "c005":
            raise ConnectionError
        return told(row, *rest)

    monkeypatch.setattr(growing, "steps_of_row", broken)
    with pytest.raises(ConnectionError):
        growing.grow(**ZH, most=6)
    assert counted()[0] == grown[0] + 1
    monkeypatch.undo()
    assert (growing.grow(**ZH, most=6), counted()[0]) == (2, grown[0] + 3)
    mobiles = Contact.objects.exclude(mobile="").values_list("mobile", flat=True)
    assert len(set(mobiles)) == len(mobiles)
    made = marking.subjects()["accounts.account"]
    assert set(Account.objects.values_list("pk", flat=True)) == made


def test_what_was_told_later_goes_with_the_rest_and_nothing_comes_after(demo):
    growing.grow(**ZH, most=30)
    boss = User.objects.get(username="admin")
    made = delete_demo(by=boss, at=timezone.now())
    assert (len(made.accounts) > 60, bool(remaining(but=boss)), counted()) == (True, False, [0, 0, 0, 0])
    before = Event.objects.count()
    assert (growing.grow(**ZH), counted(), Event.objects.count()) == (0, [0, 0, 0, 0], before)


def test_the_whole_company_is_believable(demo):
    growing.grow(**ZH)
    accounts, projects, _contacts, activities = counted()
    running = Project.objects.running()
    stalled = running.filter(is_stalled=True).count()
    assert (accounts >= 140, projects >= 115, activities >= 300) == (True, True, True), counted()
    assert 5 <= stalled <= 16, stalled
    elsewhere = Alert.objects.get(rule="elsewhere", seller__username="sunhr")
    assert elsewhere.measure["destination"] == "石家庄朔闻润滑贸易"
    assert elsewhere.measure["times"] >= 4
    assert running.values("stage").distinct().count() >= 5
    assert set(Project.objects.values_list("outcome", flat=True)) == {"open", "won", "lost", "dropped"}
    assert growing.grow(**ZH) == 0
