"""What a done activity must say, and what counts as a confirmed visit. Rule: docs/business-rules.md#visits"""

from datetime import date

from django.utils.translation import gettext as _

from openpsm.activities.models import ActivityKind
from openpsm.core.errors import Message
from openpsm.core.text import is_placeholder

#: Kinds at which we stand in front of people: only these can become confirmed visits.
VISITS = frozenset({ActivityKind.VISIT, ActivityKind.REFERENCE, ActivityKind.PLANT_TOUR})


def problems_of_done(
    *, done_on: date | None, result: str, next_step: str, next_on: date | None, on: date
) -> dict[str, Message]:
    """Return what a done activity lacks, by field: a day not in the future, a result, and the next step with its day.

    The next step is on the day itself or later.
    """
    problems: dict[str, Message] = {}
    if done_on is None or done_on > on:
        problems["done_on"] = _("Say on which day it was, today or earlier.")
    if is_placeholder(result):
        problems["result"] = _("Write what came of it.")
    if is_placeholder(next_step):
        problems["next_step"] = _("Write what comes next, so that nothing is left hanging.")
    if next_on is None or (done_on is not None and next_on < done_on):
        problems["next_on"] = _("Say by which day, not before the activity itself.")
    return problems


def problems_of_planned(*, planned_on: date | None, purpose: str) -> dict[str, Message]:
    """Return what a planned activity lacks, by field: a day and a purpose."""
    problems: dict[str, Message] = {}
    if planned_on is None:
        problems["planned_on"] = _("Choose a day.")
    if is_placeholder(purpose):
        problems["purpose"] = _("Write what it is for.")
    return problems


def may_be_confirmed(*, kind: str, is_done: bool, people: int) -> bool:
    """Whether a colleague may tick it: a done visit at which we met somebody of the customer's."""
    return is_done and kind in VISITS and people > 0
