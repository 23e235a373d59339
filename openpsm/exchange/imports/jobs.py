"""The long steps of an import, run by a worker in the name of whoever asked."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from openpsm.core.jobs.schedule import periodic
from openpsm.exchange.imports import files, operations, telling
from openpsm.exchange.models import ImportBatch, ImportRow
from openpsm.org.models import User

#: How long the rows of the file itself are kept for the report; what was made of them stays known.
KEPT = timedelta(days=90)


@task()
def check_batch(*, user_id: int, batch_id: int) -> None:
    """Read and check a file."""
    operations.check(batch_id=batch_id, by=_user(user_id), at=timezone.now(), tell=telling.to_job)


@task()
def publish_batch(*, user_id: int, batch_id: int) -> None:
    """Publish the checked rows; a second run goes on where the first one stopped."""
    operations.publish(batch_id=batch_id, by=_user(user_id), at=timezone.now(), tell=telling.to_job)


@task()
def undo_batch(*, user_id: int, batch_id: int) -> None:
    """Take a batch back; a second run goes on where the first one stopped."""
    operations.undo(batch_id=batch_id, by=_user(user_id), at=timezone.now(), tell=telling.to_job)


def _user(pk: int) -> User:
    user: User = User.objects.select_related("department").get(pk=pk)
    return user


@periodic(cron="40 2 * * *", name="exchange.sweep-imports")
@task()
def sweep_imports() -> int:
    """Delete files left lying for a day, and forget what old rows said word for word."""
    at = timezone.now()
    old = ImportBatch.objects.filter(created_at__lt=at - KEPT)
    rows = ImportRow.objects.filter(batch__in=old).exclude(cells=[])
    forgotten = rows.update(cells=[], values={}, errors={}, warnings={})
    old.filter(state__in=(ImportBatch.State.DRAFT, ImportBatch.State.CHECKED)).delete()
    return files.sweep(at=at) + forgotten
