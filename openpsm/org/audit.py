"""The event log for those who may read it, with values only where its reader could see them anyway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db.models import QuerySet

from openpsm.core.models.events import Event
from openpsm.org import access, field_rules
from openpsm.org.models import User
from openpsm.org.permissions import Permission

#: Records of the business; their values are shown to those alone whose reach is the whole company.
_BUSINESS = ("accounts", "projects", "registrations", "evaluation", "buying", "activities")
#: Records of the frame that quote the business: what to do, and what was written about it.
_QUOTING = ("insights.alert", "org.task", "org.notification", "org.savedview")
_APPROVAL = "org.approval"
#: What an event says beside values of fields.
_NEVER = frozenset({"sealed"})


def events_visible_to(user: User) -> QuerySet[Event]:
    """All events, for whoever holds the right to audit everywhere; none for anybody else."""
    rows = Event.objects.select_related("by")
    return rows if access.reach(user).holds(Permission.AUDIT_VIEW) else rows.none()


def shown_data(user: User, event: Event) -> dict[str, Any] | None:
    """Return what an event says, without fields hidden from the reader; None where its values are not theirs to see.

    An administrator sees that a project was changed, when and by whom, and not what stands in it. Sealed values and
    their digests are never shown. No query beside the reach.
    """
    if not all(_may_see_values(user, kind) for kind in (event.subject_type, event.root_type) if kind):
        return None  # a file's name says as much as what it hangs on
    if _APPROVAL in (event.subject_type, event.root_type) and event.by_id != user.pk:
        return None  # what is asked, and what was answered, is between those who ask, decide, and stand above
    if event.data.get("sharing") == "own" and event.by_id != user.pk:
        return None  # what somebody looks for, and calls it by, is theirs until they share it
    return {name: _shown(user, event.subject_type, name, value) for name, value in _open(user, event)}


def _may_see_values(user: User, kind: str) -> bool:
    app = kind.partition(".")[0]
    own = access.reach(user)
    if app == "accounts":
        return own.holds(Permission.ACCOUNT_VIEW_ALL)
    return (app not in _BUSINESS and kind not in _QUOTING) or own.holds(Permission.PROJECT_VIEW_ALL)


def _open(user: User, event: Event) -> list[tuple[str, Any]]:
    readable = _readable(user, event.subject_type)
    return [(name, value) for name, value in event.data.items() if name not in _NEVER and readable(name)]


def _shown(user: User, subject_type: str, name: str, value: Any) -> Any:
    """Changes are kept by field: the same rule holds for each of them."""
    if name != "changes" or not isinstance(value, dict):
        return value
    readable = _readable(user, subject_type)
    return {field: pair for field, pair in value.items() if readable(field)}


def _readable(user: User, subject_type: str) -> Callable[[str], bool]:
    """Whether the user may read a name of this kind of record: hidden fields never, what is no field always.

    Fields that open row by row stay closed: an event does not say which row it was then.
    """
    try:
        model = apps.get_model(subject_type)
    except (LookupError, ValueError):
        return lambda _name: True
    held = field_rules.readable_fields(user, model)

    def is_readable(name: str) -> bool:
        rule = field_rules.rule_of(model, name)
        return rule is None or (rule.field in held and not rule.is_by_row)

    return is_readable
