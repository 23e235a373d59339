"""What becomes of this package's references to users: all of them are history and stay."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from openpsm.core import links


def declare_all() -> None:
    for model, field, label in (
        ("core.event", "by", _("who did it")),
        ("core.parameter", "changed_by", _("who changed a setting")),
        ("core.job", "requested_by", _("who asked for a job")),
        ("core.attachment", "by", _("who attached a file")),
        ("core.idempotencykey", "user", _("answers kept for seven days")),
    ):
        links.declare(model, field, target="org.user", label=label)
