"""Which projects a board or calendar shows: the same filters in the address of both."""

from html import escape
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from openpsm.org.models import Department, User
from openpsm.projects.queries.board import Filter

MARK_CHOICES = (
    ("stalled", _("stalled")),
    ("debts", _("with debts")),
    ("unevaluated", _("not evaluated")),
    ("no-next-step", _("without next step")),
    ("tender-soon", _("tender in 14 days")),
)


class QuickSelect(forms.Select):
    """A select written in one go, without a template for each option."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = "" if value is None else str(value)
        pairs = [(str(key), escape(str(label))) for key, label in self.choices]
        options = "".join(
            f'<option value="{escape(key)}"{" selected" if key == chosen else ""}>{label}</option>'
            for key, label in pairs
        )
        written = flatatt({"name": name, **self.build_attrs(self.attrs, attrs)})
        return mark_safe(f"<select{written}>{options}</select>")  # noqa: S308 - keys and labels are escaped


def _select(label: Any, choices: Any) -> forms.ChoiceField:
    field = forms.ChoiceField(label=label, required=False, choices=[("", _("all")), *choices], widget=QuickSelect)
    field.widget.attrs["class"] = "form-select form-select-sm"
    return field


class BoardFilter(forms.Form):
    """Read from the address; a senseless value is dropped and never guessed. 1 query for the departments."""

    q = forms.CharField(label=_("Name"), required=False, max_length=80)
    grade = _select(_("Grade"), [(letter, letter) for letter in "ABCD"])
    mark = _select(_("Mark"), MARK_CHOICES)
    mine = forms.BooleanField(label=_("Mine"), required=False)
    owner = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    def __init__(self, user: User, data: Any) -> None:
        super().__init__(data, label_suffix="")
        self.user = user
        rows = Department.objects.visible_to(user).order_by("path").values_list("pk", "name", "path")
        tree = [(str(pk), " " * (path or "").count("/", 2) + name) for pk, name, path in rows]
        self.fields["department"] = _select(_("Department"), tree)
        self.order_fields(["q", "department", "grade", "mark", "mine", "owner"])
        self.fields["q"].widget.attrs["class"] = "form-control form-control-sm"
        self.fields["mine"].widget.attrs["class"] = "form-check-input"

    def chosen(self) -> Filter:
        """Return what is asked for."""
        self.is_valid()
        given = self.cleaned_data
        department, owner = given.get("department"), given.get("owner")
        return Filter(
            q=given.get("q", ""),
            department=int(department) if department else None,
            owner=self.user.pk if given.get("mine") else owner,
            grade=given.get("grade", ""),
            mark=given.get("mark", ""),
        )
