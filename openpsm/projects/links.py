"""What becomes of this package's references to users and accounts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from openpsm.core import links


def declare_all() -> None:
    for model, field, label in (
        ("projects.project", "owner", _("projects owned")),
        ("projects.projectmember", "user", _("projects worked on")),
        ("projects.gatereview", "by", _("gate reviews")),
        ("projects.confirmation", "by", _("confirmations")),
        ("projects.confirmation", "withdrawn_by", _("confirmations withdrawn")),
        ("projects.closingreport", "by", _("closing reports")),
    ):
        links.declare(model, field, target="org.user", label=label)
    for model, field, label in (
        ("projects.project", "account", _("projects of the customer")),
        ("projects.party", "account", _("parts in projects")),
    ):
        links.declare(model, field, target="accounts.account", label=label)
