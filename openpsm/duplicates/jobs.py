"""What a worker does: searches over the whole base and over what changed, gathering strays, forgetting old merges."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from openpsm.accounts.models import Account
from openpsm.core import parameters
from openpsm.core.jobs import outcomes
from openpsm.core.jobs.schedule import periodic
from openpsm.duplicates.models import MergedRow
from openpsm.duplicates.operations.finding import search_accounts
from openpsm.duplicates.operations.strays import gather_strays
from openpsm.duplicates.parameters import UNDO_DAYS
from openpsm.org.models import User


@task(max_attempts=3)
def search_base(*, user_id: int) -> int:
    """Compare all accounts with one another for whoever asked; after an interruption it begins anew."""
    user: User = User.objects.select_related("department").get(pk=user_id)
    return search_accounts(by=user, at=timezone.now(), tell=_tell)


def _tell(done: int, total: int) -> None:
    outcomes.progress(done, total)


@periodic(cron="20 3 * * *", name="duplicates.search-changed")
@task()
def search_changed() -> int:
    """Compare what is new or changed since yesterday with the whole base."""
    at = timezone.now()
    changed = Account.objects.live().filter(updated_at__gte=at - timedelta(hours=26))
    return search_accounts(rows=changed, by=None, at=at)


@periodic(cron="40 3 * * *", name="duplicates.gather")
@task()
def gather() -> int:
    """Move what was written for an account in the very moment in which it became part of another."""
    return gather_strays(at=timezone.now())


@periodic(cron="50 3 * * *", name="duplicates.forget")
@task()
def forget_old_merges() -> int:
    """Forget what merges wrote that can no longer be taken back."""
    oldest = timezone.now() - timedelta(days=parameters.value(UNDO_DAYS) + 1)
    forgotten: int = MergedRow.objects.filter(merge__created_at__lt=oldest).delete()[0]
    return forgotten
