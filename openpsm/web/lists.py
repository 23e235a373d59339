"""One list for every kind of record: search, filters in the address, sort, keyset paging.

A list is a declaration; the page, its "more" fragment and its chips follow from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from string import Formatter
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.forms.utils import flatatt
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from openpsm.core.errors import DomainError
from openpsm.core.paging import Page, count_of, order_of, take
from openpsm.org.models import User
from openpsm.web.access import UserRequest

PAGE_SIZE = 50


@dataclass(frozen=True)
class Column:
    """A column's heading; `sort` names the order it offers."""

    key: str
    label: Any
    sort: str = ""
    css: str = ""


@dataclass(frozen=True)
class Filter:
    """A field of the filter form and how its value narrows the rows."""

    name: str
    field: Callable[[User], forms.Field]
    narrow: Callable[[Any, Any, User], QuerySet[Any]]


@dataclass(frozen=True)
class Listing:
    """The declaration of a list. `rows` starts with `visible_to`; `prepare` readies one page's rows in place.

    `template` writes all rows. With `is_mask` it is the mask of one row, written once a page and then filled in for
    each: `{name}` in it stands for the row's value, which is escaped unless it is marked safe. For long lists.
    """

    title: Any
    template: str
    rows: Callable[[User], QuerySet[Any]]
    columns: tuple[Column, ...]
    sorts: Mapping[str, str]
    default_sort: str
    filters: tuple[Filter, ...] = ()
    is_mask: bool = False
    values: tuple[str, ...] = ()
    prepare: Callable[[list[Any]], list[Any]] = list
    empty: Mapping[str, Any] = field(default_factory=dict)
    primary: Callable[[User], tuple[Any, str] | None] = lambda _user: None
    crumbs: Callable[[], list[tuple[Any, str]]] = list


class PlainSelect(forms.Select):
    """A select written in one go: Django's own renders a template for each option, half the work of a page."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = "" if value is None else str(value)
        options = "".join(
            f'<option value="{_escaped(key)}"{" selected" if str(key) == chosen else ""}>{_escaped(label)}</option>'
            for key, label in self.choices
        )
        written = flatatt({"name": name, **self.build_attrs(self.attrs, attrs)})
        return mark_safe(f"<select{written}>{options}</select>")  # noqa: S308 - keys and labels are escaped


class FilterForm(forms.Form):
    """The filters as a form; an unknown or senseless value is dropped and said, never guessed."""

    def __init__(self, listing: Listing, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        for each in listing.filters:
            made = self.fields[each.name] = each.field(user)
            if isinstance(made, forms.ChoiceField) and type(made.widget) is forms.Select:
                made.widget = PlainSelect()
                made.widget.choices = made.choices
            widget = made.widget
            css = "form-select form-select-sm" if isinstance(widget, forms.Select) else "form-control form-control-sm"
            is_box = isinstance(widget, forms.CheckboxInput)
            widget.attrs.setdefault("class", "form-check-input" if is_box else css)


def show(request: UserRequest, listing: Listing) -> HttpResponse:
    """Answer the list's page, or only its further rows to htmx's "more"."""
    form = FilterForm(listing, request.user, request.GET)
    rows = _narrowed(listing, form, request.user)
    context: dict[str, Any] = {"listing": listing, "form": form, "title": listing.title, "crumbs": listing.crumbs()}
    try:
        order = order_of(request.GET.get("sort", ""), listing.sorts, listing.default_sort)
        found = take(rows, order=order, cursor=request.GET.get("cursor", ""), limit=PAGE_SIZE, values=listing.values)
    except DomainError as error:
        return render(request, "components/list.html", {**context, "error": str(error), "rows": []}, status=400)
    context |= {"rows": listing.prepare(found.rows), "next": _next(request, found), "row_template": listing.template}
    context["filled"] = _filled(listing.template, context["rows"]) if listing.is_mask else ""
    if request.GET.get("cursor") and request.htmx:
        return render(request, "components/_list_rows.html", context)
    primary = listing.primary(request.user)
    context |= {
        "count": count_of(found, rows, cursor=request.GET.get("cursor", "")),
        "sort": order.name,
        "headings": _headings(request, listing, order.name),
        "chips": _chips(request, form),
        "primary": primary,
        "empty": {**listing.empty, "url": listing.empty.get("url", "") if primary else ""},
    }
    return render(request, "components/list.html", context)


def _filled(mask: str, rows: list[dict[str, Any]]) -> SafeString:
    """Fill the mask of a row in for each row: ten times faster than a loop in a template."""
    written = render_to_string(mask)
    names = [name for _text, name, _spec, _kind in Formatter().parse(written) if name]
    escaped = ({name: _escaped(row[name]) for name in names} for row in rows)
    return mark_safe("".join(written.format_map(row) for row in escaped))  # noqa: S308 - each value is escaped


def _escaped(value: Any) -> str:
    """What `conditional_escape` does, without its care for lazy texts: a page needs it a thousand times."""
    return str(value) if isinstance(value, SafeString) else escape(str(value))


def _narrowed(listing: Listing, form: FilterForm, user: User) -> QuerySet[Any]:
    rows = listing.rows(user)
    form.is_valid()
    for each in listing.filters:
        value = form.cleaned_data.get(each.name)
        if value not in (None, "", [], False):
            rows = each.narrow(rows, value, user)
    return rows


def _address(request: UserRequest, **changes: str) -> str:
    kept = {k: v for k, v in request.GET.items() if v and k != "cursor"} | changes
    return "?" + urlencode({k: v for k, v in kept.items() if v})


def _next(request: UserRequest, page: Page[Any]) -> str:
    return _address(request, cursor=page.next) if page.next else ""


def _headings(request: UserRequest, listing: Listing, sort: str) -> list[dict[str, Any]]:
    made = []
    for column in listing.columns:
        turned = f"-{column.sort}" if sort == column.sort else column.sort
        direction = {column.sort: "ascending", f"-{column.sort}": "descending"}.get(sort, "") if column.sort else ""
        url = _address(request, sort=turned) if column.sort else ""
        made.append({"label": column.label, "css": column.css, "url": url, "direction": direction})
    return made


def _chips(request: UserRequest, form: FilterForm) -> list[tuple[str, str]]:
    chips = []
    for name, form_field in form.fields.items():
        value = request.GET.get(name)
        if value and form.cleaned_data.get(name) not in (None, "", False):
            chosen = dict(getattr(form_field, "choices", [])).get(value, value)
            words = gettext("%(label)s: %(value)s") % {"label": form_field.label, "value": chosen}
            shown = form_field.label if isinstance(form_field, forms.BooleanField) else words
            chips.append((str(shown), _address(request, **{name: ""})))
    return chips


ANY = ("", _("all"))
