"""The steps of an import as forms: which file, what its columns mean. Shapes only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openpsm.exchange.imports import mapping
from openpsm.exchange.imports.kinds.base import Kind
from openpsm.exchange.imports.kinds.custom import columns
from openpsm.exchange.models import ImportBatch
from openpsm.web.access import UserRequest
from openpsm.web.forms.base import BoundForm

NOT_TAKEN = ("", _("— not taken —"))


class UploadForm(BoundForm):
    """A file and what is in it."""

    kind = forms.ChoiceField(label=_("What is in the file?"))
    file = forms.FileField(label=_("File"), max_length=200, help_text=_("Excel, WPS or CSV, up to 60 MB."))

    def __init__(self, *args: Any, kinds: list[Kind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.key, kind.label) for kind in kinds]  # type: ignore[attr-defined]


class MappingForm(BoundForm):
    """For each column of the file the field that it brings; how known records and bad rows are treated."""

    sheet = forms.ChoiceField(label=_("Sheet"), required=False)
    update_by = forms.ChoiceField(
        label=_("Records that exist already"),
        required=False,
        help_text=_("Empty cells never erase anything. Companies with alike names are kept apart and named."),
    )
    is_partial = forms.BooleanField(label=_("Take the good rows, also if others have errors"), required=False)

    def __init__(self, request: UserRequest, batch: ImportBatch, kind: Kind) -> None:
        super().__init__(request.POST if request.method == "POST" else None, initial=_initial(batch))
        self.batch, fields = batch, {column.key: column for column in columns(kind)}
        self._set("sheet", [(name, name) for name in batch.sheets])
        known = [
            (key, _("change them, found by: %(field)s") % {"field": mapping.title(fields[key])})
            for key in kind.match_fields
        ]
        self._set("update_by", [("", _("are an error")), *(known if kind.update else [])])
        choices = [NOT_TAKEN, *((one.key, _label(one)) for one in fields.values())]
        for index, heading in enumerate(batch.headings):
            field = forms.ChoiceField(label=heading or _("(no heading)"), required=False, choices=choices)
            field.widget.attrs["class"] = "form-select form-select-sm"
            self.fields[f"column_{index}"] = field
            self.initial[f"column_{index}"] = batch.mapping.get("columns", {}).get(str(index), "")

    def _set(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        if len(choices) < 2:
            del self.fields[name]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The columns of the file with their first cells, for the page."""
        return [
            {
                "field": self[f"column_{index}"],
                "cells": [row[index] for row in self.batch.sample if index < len(row)][:3],
            }
            for index in range(len(self.batch.headings))
        ]

    @property
    def others(self) -> list[Any]:
        """The fields that are not about one column."""
        return [self[name] for name in ("update_by", "is_partial") if name in self.fields]

    @property
    def chosen(self) -> mapping.Mapped:
        """What the columns mean, as it was chosen."""
        pairs = (
            (name.removeprefix("column_"), value)
            for name, value in self.cleaned_data.items()
            if name.startswith("column_")
        )
        return {"columns": {index: key for index, key in pairs if key}, "values": self.batch.mapping.get("values", {})}


def _initial(batch: ImportBatch) -> dict[str, Any]:
    return {"sheet": batch.sheet, "update_by": batch.update_by, "is_partial": batch.is_partial}


def _label(column: Any) -> str:
    return f"{mapping.title(column)} *" if column.is_required else mapping.title(column)
