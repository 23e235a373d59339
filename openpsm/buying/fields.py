"""The class of every field of this package, and who reads supporter labels.

Rule: docs/business-rules.md#field-classes
"""

from collections.abc import Collection
from typing import Any

from openpsm.buying.models import IntelligenceItem, SupporterLabel
from openpsm.org.field_rules import classify
from openpsm.org.models import User
from openpsm.org.permissions import Permission

VERSIONED = " version created_at updated_at created_by "
LABEL = ("stakeholder", "kind", "shares_information", "acts_for_us", "guides_us", "reason", "author", "at", "ended_at")


def reads_labels(user: User, label_ids: Collection[Any]) -> set[Any]:
    """Return the labels whose author is the user or somebody below the user's line of command (1 query)."""
    return set(SupporterLabel.objects.visible_to(user).filter(pk__in=label_ids).values_list("pk", flat=True))


def reads_source_persons(user: User, item_ids: Collection[Any]) -> set[Any]:
    """Return the items whose informant the user may know: everybody's but inside sources of others (1 query)."""
    items = IntelligenceItem.objects.visible_to(user).filter(pk__in=item_ids)
    return set(items.with_open_source(user).values_list("pk", flat=True))


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    classify(
        "buying.Stakeholder",
        open="id project account contact name title buying_roles project_role is_purchasing is_boss is_outside "
        "has_veto power_class weight attitude attitude_on personal_need reports_to cover contacted_on next_step note "
        "custom" + VERSIONED,
        internal="removed_at",
    )
    classify("buying.AttitudeChange", open="id stakeholder contender value reason seen_on by at")
    classify(
        "buying.SupporterLabel",
        open="id",
        internal=VERSIONED,
        secret=dict.fromkeys(LABEL, Permission.INSIDER_VIEW),
        anchor="pk",
        scope=reads_labels,
    )
    classify(
        "buying.IntelligenceItem",
        open="id project kind state text source got_on ask_by is_confirmed confirmed_by confirmed_at author "
        "replaced_by" + VERSIONED,
        internal="removed_at",
        secret={"source_person": Permission.INSIDER_VIEW},
        anchor="pk",
        scope=reads_source_persons,
    )
    classify(
        "buying.Contender",
        open="id project competitor product price solution service relations rank is_registered_earlier last_move note"
        + VERSIONED,
        internal="removed_at",
    )
    classify(
        "buying.Criterion",
        open="id project text weight our_fit origin set_by is_shaped_by_us is_knock_out is_adopted note" + VERSIONED,
        internal="removed_at",
    )
