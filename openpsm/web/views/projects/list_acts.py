"""What can be changed from the list of projects: cells where they stand, and many projects at once.

Each is one call of the operation that the project's own page calls; gates and rights are asked there.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from openpsm.core.errors import DomainError
from openpsm.org.models import User
from openpsm.org.operations.bulk import SAME
from openpsm.org.permissions import Permission
from openpsm.projects import operations
from openpsm.projects.models import Project, PurchasingForm, TeamRole
from openpsm.web.forms.base import AmountField, DayField
from openpsm.web.forms.pickers import PickerField
from openpsm.web.lists.bulk import Action, set_field
from openpsm.web.lists.cells import Editor

EDIT, TEAM, CLOSE = Permission.PROJECT_EDIT, Permission.PROJECT_TEAM, Permission.PROJECT_CLOSE


def _rows(user: User) -> Any:
    return Project.objects.visible_to(user)


def _update(pk: int, changes: dict[str, Any], by: User, at: datetime) -> Any:
    return operations.update_project(project_id=pk, changes=changes, by=by, at=at)


def _text(longest: int) -> forms.Field:
    return forms.CharField(max_length=longest, required=False)


def _form() -> forms.Field:
    return forms.ChoiceField(choices=[("", "—"), *PurchasingForm.choices], required=False)


def _editor(field: str, make: Any) -> Editor:
    def save(pk: int, value: Any, version: int | None, by: User, at: datetime) -> Any:
        return operations.update_project(project_id=pk, changes={field: value}, by=by, at=at, version=version)

    return Editor(make, save, EDIT, field)


AMOUNT = _editor("amount", lambda: AmountField(required=True))
TENDER = _editor("tender_on", lambda: DayField(required=False, widget=forms.TextInput))
ORDER = _editor("order_on", lambda: DayField(required=False, widget=forms.TextInput))
NEXT_ON = _editor("next_on", lambda: DayField(required=False, widget=forms.TextInput))
NEXT_STEP = _editor("next_step", lambda: _text(200))
SITE = _editor("site", lambda: _text(200))
LINE = _editor("product_line", lambda: _text(60))
NUMBER = _editor("tender_number", lambda: _text(80))
FORM = _editor("purchasing_form", _form)


def _reason() -> forms.Field:
    return forms.CharField(label=_("Reason"), max_length=300)


def _owner(pk: int, values: dict[str, Any], by: User, at: datetime) -> Any:
    old = _rows(by).values_list("owner_id", flat=True).get(pk=pk)
    if old == values["owner"]:
        return SAME
    operations.change_owner(project_id=pk, owner_id=values["owner"], reason=values["reason"], by=by, at=at)
    return {"old": old, "new": values["owner"]}


def _owner_back(pk: int, kept: dict[str, Any], by: User, at: datetime) -> Any:
    if _rows(by).values_list("owner_id", flat=True).get(pk=pk) != kept["new"]:
        raise DomainError(_t("Somebody has changed this since."), code="changed-since")
    reason = _t("Undo of a bulk edit")
    operations.change_owner(project_id=pk, owner_id=kept["old"], reason=reason, by=by, at=at)


def _member(pk: int, values: dict[str, Any], by: User, at: datetime) -> Any:
    old = _rows(by).filter(pk=pk, members__user=values["user"]).values_list("members__role", flat=True).first()
    operations.set_team(project_id=pk, user_id=values["user"], role=values["role"], by=by, at=at)
    return SAME if old == values["role"] else {"user": values["user"], "role": old}


def _member_back(pk: int, kept: dict[str, Any], by: User, at: datetime) -> Any:
    operations.set_team(project_id=pk, user_id=kept["user"], role=kept["role"], by=by, at=at)


def _roles() -> forms.Field:
    offered = [choice for choice in TeamRole.choices if choice[0] != TeamRole.OWNER]
    return forms.ChoiceField(label=_("Part in the team"), choices=offered, initial=TeamRole.MEMBER)


def _advance(pk: int, _values: dict[str, Any], by: User, at: datetime) -> Any:
    operations.advance_stage(project_id=pk, by=by, at=at)


def _pin(pk: int, values: dict[str, Any], by: User, at: datetime) -> Any:
    was = _rows(by).values("is_grade_pinned", "grade", "grade_reason").get(pk=pk)
    operations.pin_grade(project_id=pk, grade=values["grade"], reason=values["reason"], by=by, at=at)
    return {"grade": was["grade"], "reason": was["grade_reason"]} if was["is_grade_pinned"] else {"grade": ""}


def _pin_back(pk: int, kept: dict[str, Any], by: User, at: datetime) -> Any:
    if kept["grade"]:
        operations.pin_grade(project_id=pk, grade=kept["grade"], reason=kept["reason"], by=by, at=at)
    else:
        operations.unpin_grade(project_id=pk, by=by, at=at)


def _hold(pk: int, values: dict[str, Any], by: User, at: datetime) -> Any:
    operations.hold(project_id=pk, reason=values["reason"], until=values["until"], by=by, at=at)
    return {}


def _hold_back(pk: int, _kept: Any, by: User, at: datetime) -> Any:
    operations.resume(project_id=pk, reason=_t("Undo of a bulk edit"), by=by, at=at)


def _resume(pk: int, values: dict[str, Any], by: User, at: datetime) -> Any:
    operations.resume(project_id=pk, reason=values["reason"], by=by, at=at)


ACTIONS = (
    Action(
        "owner",
        _("Hand over to another owner"),
        TEAM,
        lambda: {"owner": PickerField("people", label=_("New owner")), "reason": _reason()},
        _owner,
        _owner_back,
    ),
    Action(
        "team",
        _("Add somebody to the team"),
        TEAM,
        lambda: {"user": PickerField("people", label=_("Colleague")), "role": _roles()},
        _member,
        _member_back,
    ),
    Action("advance", _("Advance to the next stage"), Permission.PROJECT_ADVANCE, dict, _advance),
    set_field(
        "region",
        _("Set the region"),
        _rows,
        _update,
        EDIT,
        PickerField("divisions", label=_("Region"), required=False),
    ),
    set_field(
        "product_line",
        _("Set the product line"),
        _rows,
        _update,
        EDIT,
        forms.CharField(label=_("Product line"), max_length=60, required=False),
    ),
    set_field("tender_on", _("Set the tender date"), _rows, _update, EDIT, DayField(label=_("Tender"), required=False)),
    set_field(
        "order_on", _("Set the order date"), _rows, _update, EDIT, DayField(label=_("Order expected"), required=False)
    ),
    set_field(
        "purchasing_form",
        _("Set the purchasing form"),
        _rows,
        _update,
        EDIT,
        forms.ChoiceField(label=_("Purchasing form"), choices=[("", "—"), *PurchasingForm.choices], required=False),
    ),
    Action(
        "grade",
        _("Pin the grade"),
        Permission.GRADE_PIN,
        lambda: {
            "grade": forms.ChoiceField(label=_("Grade"), choices=[(one, one) for one in "ABCD"]),
            "reason": _reason(),
        },
        _pin,
        _pin_back,
    ),
    Action(
        "hold",
        _("Put on hold"),
        CLOSE,
        lambda: {"reason": _reason(), "until": DayField(label=_("Until"), required=False)},
        _hold,
        _hold_back,
    ),
    Action("resume", _("Resume"), CLOSE, lambda: {"reason": _reason()}, _resume),
)
