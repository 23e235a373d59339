"""A field that picks one record by searching: with htmx a list under the field, without it a search-and-choose step.

    class HandOverForm(PickerForm):
        owner_id = PickerField("people", label=_("New owner"))
        account_id = PickerField("accounts", label=_("Customer"), required=False)

    form = HandOverForm(request.POST or None, user=request.user, initial={"owner_id": 3})

The first argument is a key of `web.pickers.SOURCES`. Cleans to an int (a code as str for industries and divisions), to
None (or "") when empty; what the person may not see cannot be picked. Give `user` to any form with pickers; a form
with another parent mixes it in: `class EditForm(PickerForm, VersionForm)`. A POST may carry the value alone
(`owner_id=3`) or with the typed text beside it (`owner_id_text`), as the component `components/_picker.html` does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from openpsm.core.text import fold
from openpsm.org.models import User
from openpsm.web.forms.base import BoundForm
from openpsm.web.pickers import SOURCES, Choice, Source


@dataclass(frozen=True)
class Picked:
    """What came with the form: the value picked before, and the text as it stands (None: only a value came)."""

    value: str
    text: str | None


class PickerInput(forms.Widget):
    """Hidden value, search input, list of choices. `choices` are offered where the text meant several records."""

    template_name = "components/_picker.html"

    def __init__(self, source: Source, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.source = source
        self.user: User | None = None
        self.choices: list[Choice] = []

    def __deepcopy__(self, memo: dict[int, Any]) -> "PickerInput":
        copied = super().__deepcopy__(memo)
        copied.choices = []
        return copied

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Picked | None:
        value, text = data.get(name), data.get(f"{name}_text")
        return None if value is None and text is None else Picked(str(value or "").strip(), text)

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data and f"{name}_text" not in data

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        picked = value if isinstance(value, Picked) else Picked(str(value or ""), None)
        html_id = str((attrs or {}).get("id") or f"id_{name}")
        merged = {**self.attrs, **(attrs or {})}
        shown = {key: merged[key] for key in ("aria-describedby", "aria-invalid") if merged.get(key)}
        return {
            "picker": picker(
                self.source,
                name=name,
                html_id=html_id,
                value=picked.value,
                text=self._text(picked),
                is_required=self.is_required,
                choices=self.choices,
                attrs=shown,
            )
        }

    def _text(self, picked: Picked) -> str:
        if picked.text is not None or not picked.value or self.user is None:
            return picked.text or ""
        found = self.source.find(self.user, picked.value)
        return found.label if found else ""


@dataclass(frozen=True)
class PickerContext:
    """Ready values for `components/_picker.html`."""

    name: str
    id: str
    value: str
    text: str
    url: str
    is_required: bool
    is_fresh: bool
    choices: list[Choice] = field(default_factory=list)
    attrs: dict[str, Any] = field(default_factory=dict)


def picker(
    source: Source,
    *,
    name: str,
    html_id: str,
    value: str,
    text: str,
    is_required: bool = False,
    is_fresh: bool = False,
    choices: list[Choice] | None = None,
    attrs: dict[str, Any] | None = None,
) -> PickerContext:
    """Return what the component shows; `is_fresh` puts the focus back after a choice."""
    url = reverse("web:pick", args=[source.key])
    return PickerContext(name, html_id, value, text, url, is_required, is_fresh, choices or [], attrs or {})


class PickerField(forms.Field):
    """See the module."""

    def __init__(self, source: str, **kwargs: Any) -> None:
        self.source = SOURCES[source]
        self.user: User | None = None
        super().__init__(widget=PickerInput(self.source), **kwargs)

    def use(self, user: User) -> None:
        """Say who picks: only what this person sees is found."""
        self.user = user
        self.widget.user = user

    def clean(self, value: Any) -> int | str | None:
        picked = value if isinstance(value, Picked) else Picked(str(value or ""), None)
        found = self._resolve(picked)
        super().validate(found or None)
        if found is None:
            return None if self.source.is_number else ""
        return int(found) if self.source.is_number else found

    def _resolve(self, picked: Picked) -> str | None:
        if self.user is None:
            raise TypeError("a form with a PickerField is a PickerForm and gets `user`")
        text = None if picked.text is None else picked.text.strip()
        if text == "" or (text is None and not picked.value):
            return None
        known = self.source.find(self.user, picked.value) if picked.value else None
        if known and (text is None or fold(known.label) == fold(text)):
            return known.value
        if text is None:
            raise ValidationError(_("This is not there, or not open to you. Choose another one."))
        return self._search(self.user, text, picked.value)

    def _search(self, user: User, text: str, value: str) -> str:
        found = self.source.search(user, text)
        exact = [one for one in found if fold(one.label) == fold(text)]
        chosen = [one for one in found if one.value == value]
        for candidates in (chosen, exact, found):
            if len(candidates) == 1:
                return candidates[0].value
        if not found:
            raise ValidationError(_("Nothing that you may see is called “%(text)s”.") % {"text": text[:60]})
        self.widget.choices = found
        raise ValidationError(_("Several match. Choose one."))


class PickerForm(BoundForm):
    """A form whose pickers look with the eyes of `user`."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for each in self.fields.values():
            if isinstance(each, PickerField):
                each.use(user)
