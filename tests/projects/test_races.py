"""Two people at the same instant: exactly one wins, on both databases."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from openpsm.core.errors import DomainError
from openpsm.projects import operations
from tests.factories import AT
from tests.factories.projects import EVIDENCE, confirm, make_small_project, reloaded

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
