"""Forms of tasks."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openpsm.web.forms.base import BoundForm, DayField
from openpsm.web.forms.projects import TEXT_AREA, VersionForm

People = Iterable[tuple[int, str]]


class TaskForm(BoundForm):
    title = forms.CharField(label=_("What is to be done"), max_length=200)
    due_on = DayField(label=_("Due on"), required=False)
    owner = forms.TypedChoiceField(label=_("Who does it"), coerce=int)
    detail = forms.CharField(label=_("Details"), widget=TEXT_AREA, max_length=5000, required=False)
    project = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**63 - 1)

    def __init__(self, *args: Any, people: People = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = list(people)  # type: ignore[attr-defined]  # ChoiceField


class CompleteForm(VersionForm):
    result = forms.CharField(label=_("What came of it"), widget=TEXT_AREA, max_length=2000, required=False)
    field_order = ("result", "version")


class ReassignForm(VersionForm):
    owner = forms.TypedChoiceField(label=_("New owner"), coerce=int)
    due_on = DayField(label=_("Due on"), required=False, help_text=_("Empty: the day stays."))
    field_order = ("owner", "due_on", "version")

    def __init__(self, *args: Any, people: People = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = list(people)  # type: ignore[attr-defined]  # ChoiceField
