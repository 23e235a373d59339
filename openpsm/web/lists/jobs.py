"""What the worker does for lists: long exports, long bulk edits, and clearing away what has expired."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django_tasks import task

from openpsm.core.jobs.outcomes import current, progress
from openpsm.core.jobs.schedule import periodic
from openpsm.core.models.jobs import Job
from openpsm.core.paging import capped_count
from openpsm.org.access import require
from openpsm.org.models import BulkEdit, User
from openpsm.org.operations import record_export
from openpsm.org.permissions import Permission
from openpsm.web.lists import doing, exporting, state
from openpsm.web.lists.registry import listing_of

KEEP = timedelta(hours=24)


def folder() -> Path:
    """Where the files of exports lie until they expire."""
    found = Path(settings.OPENPSM_DATA_DIR) / "exports"
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found


def path_of(job: Job) -> Path:
    """The file of an export; its name is the job's and nothing that came from outside."""
    return folder() / f"{job.pk}.{_format(job.kwargs.get('format'))}"


def _format(text: Any) -> str:
    return text if text in exporting.FORMATS else "csv"


def is_expired(job: Job, at: datetime) -> bool:
    """Whether the file of an export is over its time."""
    return job.finished_at is not None and job.finished_at + KEEP <= at


@task(max_attempts=2)
def export_list(*, user_id: int, listing: str, query: str, format: str) -> dict[str, Any]:  # noqa: A002 - its name
    """Write the file of a long list for whoever asked for it, in their language, with their rights of this moment."""
    user: User = User.objects.active().get(pk=user_id)
    require(user, Permission.EXPORT)
    with translation.override(user.language or settings.LANGUAGE_CODE):
        chosen = state.read_query(listing_of(listing, user), user, query)
        total = capped_count(chosen.rows(), exporting.MOST_ROWS) or exporting.MOST_ROWS
        number, name = _written(chosen, _format(format), total)
    columns = [column.key for column in chosen.columns]
    record_export(listing=listing, query=query, columns=columns, number=number, by=user, at=timezone.now())
    return {"rows": number, "name": name}


def _written(chosen: state.State, format: str, total: int) -> tuple[int, str]:  # noqa: A002 - its name
    job = current()
    target = folder() / f"{job.pk if job else 'test'}.{format}"
    draft = target.with_suffix(".part")
    try:
        number = exporting.write(chosen, format, draft, lambda done: progress(done, total))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return number, exporting.file_name(chosen, format)


@periodic(cron="27 * * * *", name="web.purge-exports")
@task()
def purge_exports() -> int:
    """Delete the files of exports that have expired."""
    oldest = time.time() - KEEP.total_seconds()
    old = [path for path in folder().iterdir() if path.is_file() and path.stat().st_mtime < oldest]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


@task(max_attempts=3)
def run_bulk(*, user_id: int, bulk_id: int) -> dict[str, Any]:
    """Do a long bulk edit; after an interruption it goes on where it stopped."""
    user: User = User.objects.active().get(pk=user_id)
    bulk: BulkEdit = BulkEdit.objects.visible_to(user).get(pk=bulk_id)
    with translation.override(user.language or settings.LANGUAGE_CODE):
        doing.run(listing_of(bulk.listing, user), bulk, user)
    return {"bulk": bulk.pk}
