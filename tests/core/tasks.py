"""Tasks of the tests, at the level of a module as tasks must be."""

import time
from typing import Any

from django_tasks import TaskContext, task

from openpsm.core.errors import DomainError
from openpsm.core.jobs import outcomes
from openpsm.core.models import Holiday

ran: list[str] = []


@task()
def remember(word: str = "ran") -> dict[str, str]:
    ran.append(word)
    return {"word": word}


@task(max_attempts=3)
def break_down(secret: str = "") -> None:
    ran.append("broke down")
    raise RuntimeError(f"the password is {secret}")


@task()
def refuse() -> None:
    raise DomainError("Not today.")


@task()
def act_for(*, user_id: int) -> int:
    ran.append("acted")
    return user_id


@task(takes_context=True)
def with_context(context: TaskContext, word: str) -> list[Any]:
    outcomes.progress(3, 10, "three of ten")
    return [context.attempt, word]


@task()
def mark_slowly(day: str, seconds: float) -> None:
    """The first worker sleeps before it writes, so that it can be killed in the middle; the second does not."""
    job = outcomes.current()
    if job is not None and job.attempts == 1:
        print("in the middle", flush=True)
        time.sleep(seconds)
    Holiday.objects.create(day=day, name=f"attempt {job.attempts if job else 0}")


@task()
def tick_task() -> None:
    ran.append("tick")
