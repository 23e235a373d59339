"""One cell of a list: its input, and saving it by the record's own operation."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from openpsm.core.errors import InvalidInput
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.base import LOOKS, BoundForm, attempt
from openpsm.web.lists import rows
from openpsm.web.lists.declaration import Column
from openpsm.web.lists.state import State
from openpsm.web.views.lists.choosing import state_for


class CellForm(BoundForm):
    """The value of one cell and the version that the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def __init__(self, column: Column, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if column.edit is None:
            raise Http404
        made = column.edit.input()
        made.label = column.label
        look = next(css for kind, css in LOOKS if isinstance(made.widget, kind))
        made.widget.attrs |= {"class": f"{look} {look}-sm", "aria-label": str(column.label), "autocomplete": "off"}
        self.fields["value"] = made


@page(methods=("GET", "POST"))
def cell(request: UserRequest, listing: str, pk: int, column: str) -> HttpResponse:
    """The cell's input; what is saved answers with the whole row, since other cells may follow from this one."""
    given = request.POST.get("list", "") if request.method == "POST" else request.GET.get("list", "")
    chosen = state_for(request, listing, given)
    found = chosen.listing.by_key.get(column)
    if found is None or found.edit is None or not chosen.listing.has_column(request.user, found):
        raise Http404
    record = chosen.listing.rows(request.user).filter(pk=pk).values("version", found.edit.path).first()
    if record is None:
        raise Http404
    initial = {"value": record[found.edit.path], "version": record["version"]}
    form = CellForm(found, request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        value, version, save = form.cleaned_data["value"], form.cleaned_data["version"], found.edit.save
        if attempt(form, lambda: _saved(save, pk, value, version, request)):
            return HttpResponse(_row(chosen, pk))
    context = {"form": form, "action": reverse("web:list-cell", args=[listing, pk, column]), "query": chosen.query}
    name = "lists/_cell.html" if request.headers.get("HX-Request") else "lists/cell.html"
    context |= {"title": found.label, "back": f"{chosen.listing.url}{chosen.address()}"}
    return render(request, name, context, status=422 if form.errors else 200)


def _saved(save: Any, pk: int, value: Any, version: int, request: UserRequest) -> bool:
    """Save; a refusal of the field itself stands at the cell."""
    try:
        save(pk, value, version, request.user, timezone.now())
    except InvalidInput as error:
        raise InvalidInput({"value": [text for texts in error.errors.values() for text in texts]}) from error
    return True


def _row(chosen: State, pk: int) -> str:
    """The row as it stands now; nothing if it is out of sight from now on."""
    found = list(chosen.listing.rows(chosen.reader.user).filter(pk=pk).values(*chosen.values, "pk"))
    return rows.written(chosen, chosen.listing.prepare(found, chosen.reader))
