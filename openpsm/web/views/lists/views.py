"""Saving, changing, sharing and deleting views of lists."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.org import access, operations
from openpsm.org.models import Department, SavedView
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import tell
from openpsm.web.forms.base import BoundForm, attempt
from openpsm.web.forms.projects import VersionForm
from openpsm.web.lists import tabs
from openpsm.web.lists.registry import listing_of
from openpsm.web.lists.state import VIEW
from openpsm.web.views.lists.choosing import listing_for, state_for


class ViewForm(BoundForm):
    """Name and sharing of a view; sharing is offered to those who may share."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    sharing = forms.ChoiceField(
        label=gettext_lazy("Shared with"),
        choices=SavedView.Sharing.choices,
        help_text=gettext_lazy("Each reader sees their own records in it, and only the columns open to them."),
    )
    department_id = forms.TypedChoiceField(
        label=gettext_lazy("Department"), required=False, coerce=int, empty_value=None
    )
    is_first = forms.BooleanField(label=gettext_lazy("Open the list with this view"), required=False)
    query = forms.CharField(widget=forms.HiddenInput, required=False, max_length=4000)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, request: UserRequest, **kwargs: Any) -> None:
        super().__init__(request.POST if request.method == "POST" else None, **kwargs)
        own = access.reach(request.user)
        if own.holds_anywhere(Permission.VIEW_SHARE):
            rows = Department.objects.visible_to(request.user).order_by("path").values_list("pk", "name", "path")
            allowed = [
                (pk, name)
                for pk, name, path in rows
                if own.holds(Permission.VIEW_SHARE, path=path or "") or own.manages(path or "")
            ]
            self.fields["department_id"].choices = [("", "—"), *allowed]  # type: ignore[attr-defined]  # ChoiceField
        else:
            del self.fields["department_id"]
            self.fields["sharing"].choices = SavedView.Sharing.choices[:1]  # type: ignore[attr-defined]  # as above

    @property
    def values(self) -> dict[str, Any]:
        """What the operation takes."""
        names = ("name", "sharing", "department_id")
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}


def _page(request: UserRequest, form: ViewForm, title: str, back: str, **more: Any) -> HttpResponse:
    context = {"form": form, "title": title, "back": back, "action": _("Save"), **more}
    return render(request, "lists/view.html", context, status=422 if form.errors else 200)


def _address(request: UserRequest, view: SavedView) -> str:
    listing = listing_of(view.listing, request.user)
    return f"{listing.url}{tabs.address(listing, request.user, view)}"


@page(methods=("GET", "POST"))
def new(request: UserRequest, listing: str) -> HttpResponse:
    """Save the list as it stands under a name."""
    known = listing_for(request, listing)
    query = request.POST.get("query", "") if request.method == "POST" else request.GET.get("list", "")
    chosen, now = state_for(request, listing, query), timezone.now()
    form = ViewForm(request, initial={"query": chosen.query})
    back = f"{known.url}{chosen.address()}"
    if request.method == "POST" and form.is_valid():
        call: dict[str, Any] = {"listing": listing, "query": chosen.query, **form.values}
        view = attempt(form, lambda: operations.save_view(**call, by=request.user, at=now))
        if view is not None:
            if form.cleaned_data["is_first"]:
                operations.choose_view(listing=listing, view_id=view.pk, by=request.user, at=now)
            messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
            return redirect(_address(request, view))
    return _page(request, form, _("Save as a view"), back, crumbs=[(known.title, back)])


def _find(request: UserRequest, pk: int) -> SavedView:
    view: SavedView = get_object_or_404(SavedView.objects.visible_to(request.user), pk=pk)
    listing_for(request, view.listing)
    return view


@page(methods=("GET", "POST"))
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Rename a view of one's own, share it, take it back."""
    view = _find(request, pk)
    known = listing_for(request, view.listing)
    is_first = request.user.list_choices.get(view.listing, {}).get("view") == view.pk
    initial = {name: getattr(view, name) for name in ("name", "sharing", "department_id", "version")}
    form = ViewForm(request, initial={**initial, "is_first": is_first})
    back, now = _address(request, view), timezone.now()
    if request.method == "POST" and form.is_valid():
        call: dict[str, Any] = {"version": form.cleaned_data["version"], **form.values}
        changed = attempt(form, lambda: operations.change_view(view_id=pk, by=request.user, at=now, **call))
        if changed is not None:
            if form.cleaned_data["is_first"] != is_first:
                first = None if is_first else view.pk
                operations.choose_view(listing=view.listing, view_id=first, by=request.user, at=now)
            messages.success(request, _("The view was changed."))
            return redirect(_address(request, changed))
    crumbs = [(known.title, back)]
    return _page(request, form, view.name, back, crumbs=crumbs, view=view, is_mine=view.owner_id == request.user.pk)


@page(methods=("POST",))
def keep(request: UserRequest, pk: int) -> HttpResponse:
    """Let a view of one's own hold the list as it stands now."""
    view = _find(request, pk)
    chosen = state_for(request, view.listing, request.POST.get("query", ""))
    call: dict[str, Any] = {"view_id": pk, "query": chosen.query, "by": request.user, "at": timezone.now()}
    tell(request, lambda: operations.change_view(**call), _("The view was changed."))
    pairs = [(VIEW, str(pk)), *chosen.pairs(without=(VIEW,))]
    return redirect(f"{chosen.listing.url}?{urlencode(pairs)}")


@page(methods=("POST",))
def delete(request: UserRequest, pk: int) -> HttpResponse:
    """Delete a view of one's own."""
    view = _find(request, pk)
    known = listing_for(request, view.listing)
    form = VersionForm(request.POST)
    version = form.cleaned_data["version"] if form.is_valid() else None
    call: dict[str, Any] = {"view_id": pk, "version": version, "by": request.user, "at": timezone.now()}
    tell(request, lambda: operations.delete_view(**call), _("The view was deleted."))
    return redirect(f"{known.url}?{VIEW}={tabs.ALL}")


@page(methods=("POST",))
def default(request: UserRequest, listing: str) -> HttpResponse:
    """Open the list with a view from now on, or with everything (no view)."""
    known = listing_for(request, listing)
    text = request.POST.get("view", "")
    pk = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    call: dict[str, Any] = {"listing": listing, "view_id": pk, "by": request.user, "at": timezone.now()}
    done = _("The list opens with this view from now on.") if pk else _("The list opens with everything again.")
    tell(request, lambda: operations.choose_view(**call), done)
    return redirect(known.url if pk else f"{known.url}?{VIEW}={tabs.ALL}")
