"""The class of every field of this package: activities are read with their project or account.

Rule: docs/business-rules.md#field-classes
"""

from openpsm.org.field_rules import classify


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    classify(
        "activities.Activity",
        open="id account project owner department kind state planned_on done_on purpose wanted_result result effect "
        "next_step next_on place hours cost cost_currency is_confirmed confirmed_by confirmed_at version created_at "
        "updated_at created_by",
        internal="client_key deleted_at",
    )
    classify("activities.ActivityPerson", open="id activity contact stakeholder")
    classify("activities.ActivityColleague", open="id activity user")
    classify(
        "activities.Comment",
        open="id project account activity author text edited_at version created_at updated_at created_by",
        internal="deleted_at",
    )
    classify("activities.PriceOffer", open="id account owner product unit_price currency unit offered_on created_at")
    classify("activities.CommentMention", open="id comment user")
