"""The many smaller stories of the demo company: told one by one by a worker, so that the first page comes soon.

Each is one transaction. A worker that was killed finds those that are told and goes on; a deletion of the demo company
is waited for, and ends it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django_tasks import task

from openpsm.accounts.models import Account, Contact
from openpsm.catalog.models import Product
from openpsm.core import memo
from openpsm.core.jobs import outcomes
from openpsm.core.locks import lock_rows
from openpsm.exchange.demo import marking, more
from openpsm.exchange.demo.company import ACCOUNT_SECTIONS, SECTIONS, look, steps_of_row
from openpsm.exchange.demo.stories import in_time
from openpsm.exchange.demo.words import Words
from openpsm.exchange.demo.world import World
from openpsm.org.models import User

#: Between two stories, so that pages and their writers come in between.
PAUSE_SECONDS = 0.2
Row = Mapping[str, Any]


@task()
def go_on(*, at: str, language: str) -> int:
    """Tell what is not told yet, as of the instant at which the demo company was loaded."""
    return grow(at=datetime.fromisoformat(at), language=language, tell=outcomes.progress, pause=PAUSE_SECONDS)


def grow(
    *,
    at: datetime,
    language: str,
    most: int | None = None,
    tell: Callable[[int, int], None] = lambda _done, _all: None,
    pause: float = 0.0,
) -> int:
    """Tell the stories, at most so many, and return how many were new; none where the demo company is gone."""
    accounts, projects = more.stories()
    by_account = {row["account"]: row for row in projects}
    chosen, fresh = accounts[:most], 0
    with translation.override(language), marking.marked():
        world = _world(language, at)
        for number, account in enumerate(chosen, 1):
            is_new = _told(account, by_account.get(account["key"]), world, at)
            if is_new is None:
                return fresh
            fresh += is_new
            tell(number, len(chosen))
            time.sleep(pause if is_new else 0.0)
        look(at)
    return fresh


def _world(language: str, at: datetime) -> World:
    """Return what the stories point to; contacts are counted, as the telephone numbers of the next ones go on."""
    users = User.objects.active().filter(pk__in=marking.subjects().get(User._meta.label_lower, ()))
    return World(
        Words.of(language, timezone.localdate(at)),
        {user.username: user for user in users.select_related("department")},
        products=dict(Product.objects.values_list("code", "pk")),
        contacts={f"#{one.pk}": one for one in Contact._base_manager.all()},
    )


def _told(account: Row, project: Row | None, world: World, at: datetime) -> bool | None:
    """Tell one story; False if it was told before, None where its people are no longer there."""
    people = [world.users[name].pk for name in (account["owner"],) if name in world.users]
    with transaction.atomic(), memo.scope():
        lock_rows(User, people)
        if not User.objects.active().filter(pk__in=people).exists():
            return None
        if Account._base_manager.filter(name=world.words.say(account["name"])).exists():
            return False
        steps = steps_of_row(account, world, ACCOUNT_SECTIONS)
        steps += steps_of_row(project, world, SECTIONS) if project else []
        for step, instant in in_time(steps, world.words, at):
            step.tell(instant)
    return True
