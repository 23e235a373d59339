"""Rivals, known to everybody who sells."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Competitor
from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.text import fold, is_placeholder, sort_key
from openpsm.core.versions import bump, require_version
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission


def ensure_competitor(*, name: str, by: User, at: datetime) -> Competitor:
    """Return the rival of this name in whatever spelling, made on first mention (1 query when it exists)."""
    name = name.strip()
    if is_placeholder(name) or len(name) > 200:
        raise InvalidInput({"name": _("Please enter the real name of the rival.")})
    known: Competitor | None = Competitor.objects.filter(strict_key=fold(name)).first()
    if known is not None:
        return known
    require(by, Permission.PROJECT_EDIT)
    with transaction.atomic():
        values = {"name": name, "sort_key": sort_key(name), "created_by": by, "created_at": at, "updated_at": at}
        competitor, is_new = Competitor.objects.get_or_create(strict_key=fold(name)[:200], defaults=values)
        if is_new:
            events.record("competitor.created", subject=competitor, by=by, at=at, name=name)
    return competitor


def update_competitor(
    *, competitor_id: int, name: str, note: str, by: User, at: datetime, version: int | None = None
) -> Competitor:
    """Change name and note of a rival."""
    require(by, Permission.PROJECT_EDIT)
    if is_placeholder(name) or len(name) > 200:
        raise InvalidInput({"name": _("Please enter the real name of the rival.")})
    with transaction.atomic():
        competitor: Competitor = Competitor.objects.visible_to(by).select_for_update(no_key=True).get(pk=competitor_id)
        require_version(competitor, version)
        if Competitor.objects.filter(strict_key=fold(name)).exclude(pk=competitor_id).exists():
            raise DomainError(_("A rival of this name exists already."), code="duplicate")
        old = {"name": competitor.name, "note": competitor.note}
        competitor.name, competitor.note = name.strip(), note.strip()
        competitor.strict_key, competitor.sort_key = fold(name)[:200], sort_key(name)
        bump(competitor, at=at)
        competitor.save()
        new = {"name": competitor.name, "note": competitor.note}
        events.record("competitor.changed", subject=competitor, by=by, at=at, old=old, new=new)
    return competitor
