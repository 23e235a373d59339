"""Two people at the same instant: exactly one wins, on both databases."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from openpsm.accounts.operations import update_account
from openpsm.accounts.operations.accounts import locked
from openpsm.core.errors import DomainError
from openpsm.org.permissions import Permission
from openpsm.projects import operations
from openpsm.projects.models import Project
from tests.factories import AT
from tests.factories.activities import log_activity
from tests.factories.projects import EVIDENCE, REASON, confirm, make_manager, make_small_project, reloaded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def at_once(*calls: Callable[[], Any]) -> list[str]:
    """Run the calls in threads that start together; returns "done" or the code of the refusal, sorted."""
    start, results = threading.Barrier(len(calls)), []

    def run(call: Callable[[], Any]) -> None:
        try:
            start.wait()
            call()
            results.append("done")
        except DomainError as refused:
            results.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def until_somebody_waits() -> None:
    """Return once another connection waits for a row; at once on SQLite, where it cannot even begin."""
    for _try in range(100 if connection.vendor == "postgresql" else 0):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)


def test_of_two_who_advance_what_they_saw_one_is_told_that_it_changed():
    project = make_small_project()
    confirm(project, "one", "two")
    project.confirmations.create(kind="node", key="second:three", by=project.owner, at=AT)
    seen = reloaded(project).version

    def advance() -> None:
        operations.advance_stage(project_id=project.pk, by=project.owner, at=AT, version=seen)

    assert at_once(advance, advance) == ["done", "stale"]
    assert (reloaded(project).stage.key, project.reviews.count()) == ("second", 1)


def test_of_two_who_confirm_the_same_node_one_is_told():
    project = make_small_project()

    def say() -> None:
        operations.confirm_node(project_id=project.pk, node_key="one", by=project.owner, at=AT, evidence=EVIDENCE)

    assert at_once(say, say) == ["already-confirmed", "done"]
    assert project.confirmations.count() == 1


def test_who_waits_for_an_override_counts_its_debts():
    project = make_small_project(possibility=80)
    manager, overridden = make_manager(project), threading.Event()

    def override() -> None:
        with transaction.atomic():
            operations.advance_stage(project_id=project.pk, by=manager, at=AT, override_reason=REASON)
            overridden.set()
            until_somebody_waits()

    def edit() -> None:
        overridden.wait()
        operations.update_project(project_id=project.pk, changes={"note": "Seen on site"}, by=project.owner, at=AT)

    assert at_once(override, edit) == ["done", "done"]
    after = reloaded(project)
    assert (after.note, after.debt_count, after.probability) == ("Seen on site", 2, 40)
    assert after.kept_facts.answers["project.debts"]["value"] == 2


def test_who_changes_a_customer_and_who_visits_it_do_not_wait_for_each_other():
    project = Project.objects.select_related("account", "owner").get(pk=make_small_project().pk)
    account, owner, held, logged = project.account, project.owner, threading.Event(), threading.Event()

    def change() -> None:
        with transaction.atomic():
            locked(account.pk, owner, Permission.ACCOUNT_EDIT, None)
            held.set()
            logged.wait(1)  # on SQLite the visit begins only after this transaction
            update_account(account_id=account.pk, changes={"note": "Moved to the new plant"}, by=owner, at=AT)

    def visit() -> None:
        held.wait()
        with transaction.atomic():
            log_activity(project)
            logged.set()  # holds the lock of the event log; the commit looks at the customer's row

    assert at_once(change, visit) == ["done", "done"]
    account.refresh_from_db()
    assert (account.note, account.activities.count()) == ("Moved to the new plant", 1)
