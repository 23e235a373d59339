"""People at an account: add, change, delete, erase."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from openpsm.accounts import operations
from openpsm.accounts.models import Account, Contact
from openpsm.accounts.operations import NewContact
from openpsm.core.errors import NotAllowed
from openpsm.org import field_rules
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.forms import customers as customer_forms
from openpsm.web.forms.base import attempt
from openpsm.web.forms.projects import VersionForm
from openpsm.web.undo import say_undoable


def _find(request: UserRequest, pk: int) -> Contact:
    rows = Contact.objects.visible_to(request.user).select_related("account", "account__department")
    contact: Contact = get_object_or_404(rows, pk=pk)
    return contact


def _home(account: Account, contact: Contact | None = None) -> str:
    place = f"#contact-{contact.pk}" if contact else "#contacts"
    return reverse("web:account-detail", args=[account.pk]) + place


def _form_page(request: UserRequest, account: Account, form: forms.Form, **context: Any) -> HttpResponse:
    home = _home(account)
    context = {"form": form, "crumbs": [(account.name, home)], "back": home} | context
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)


@page()
def contact_detail(request: UserRequest, pk: int) -> HttpResponse:
    """A person stands on the account's page."""
    contact = _find(request, pk)
    return redirect(_home(contact.account, contact))


@page(Permission.CONTACT_REACH, methods=("POST",))
def contact_card(request: UserRequest, pk: int) -> HttpResponse:
    """Hand out a person as a card for the phone; that it was taken stands in the history."""
    contact = _find(request, pk)
    try:
        card = operations.export_card(contact_id=pk, by=request.user, at=timezone.now())
    except NotAllowed as refused:
        raise PermissionDenied from refused
    headers = {"Content-Type": "text/vcard; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    name = content_disposition_header(as_attachment=True, filename=f"{contact.name}.vcf")
    return HttpResponse(card, headers=headers | {"Content-Disposition": name or "attachment"})


@page(Permission.CONTACT_EDIT, methods=("GET", "POST"))
def contact_new(request: UserRequest, pk: int) -> HttpResponse:
    """Add a person to an account."""
    account = get_object_or_404(Account.objects.visible_to(request.user), pk=pk)
    form = customer_forms.ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row, now = NewContact(account_id=pk, **form.values()), timezone.now()
        made = attempt(form, lambda: operations.create_contacts(rows=[row], by=request.user, at=now))
        if made:
            return redirect(_home(account, made[0]))
    return _form_page(request, account, form, title=_("Add a contact"))


@page(Permission.CONTACT_EDIT, methods=("GET", "POST"))
def contact_edit(request: UserRequest, pk: int) -> HttpResponse:
    """Change a person; fields that are hidden from the reader are left as they are."""
    contact = _find(request, pk)
    hidden = field_rules.hidden_on(request.user, contact)
    initial = {name: getattr(contact, name) for name in (*operations.contacts.EDITABLE, "version") if name != "custom"}
    form = customer_forms.EditContactForm(request.POST or None, initial=initial, hidden=hidden, custom=contact.custom)
    if request.method == "POST" and form.is_valid():
        call, now = {"changes": form.values(), "version": form.cleaned_data["version"]}, timezone.now()
        if attempt(form, lambda: operations.update_contact(contact_id=pk, by=request.user, at=now, **call)):
            return redirect(_home(contact.account, contact))
    return _form_page(request, contact.account, form, title=_("Edit the contact"))


@page(Permission.CONTACT_EDIT, methods=("GET", "POST"))
def contact_delete(request: UserRequest, pk: int) -> HttpResponse:
    """Move a person to the recycle bin."""
    contact = _find(request, pk)
    form = VersionForm(request.POST or None, initial={"version": contact.version})
    if request.method == "POST" and form.is_valid():
        call, now = form.cleaned_data, timezone.now()
        if attempt(form, lambda: operations.delete_contact(contact_id=pk, by=request.user, at=now, **call)):
            say_undoable(request, _("The contact is in the recycle bin."), "bin-restore", "contact", pk)
            return redirect(_home(contact.account))
    intro = _("%(name)s goes to the recycle bin and can be brought back for 30 days.") % {"name": contact.name}
    context = {"title": _("Delete the contact"), "intro": intro, "is_danger": True, "action": _("Delete")}
    return _form_page(request, contact.account, form, **context)


@page(Permission.ACCOUNT_DELETE, methods=("GET", "POST"))
def contact_erase(request: UserRequest, pk: int) -> HttpResponse:
    """Erase a person for good, after saying what that means."""
    contact = _find(request, pk)
    form = customer_forms.EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason, now = form.cleaned_data["reason"], timezone.now()
        if attempt(form, lambda: operations.erase_contact(contact_id=pk, reason=reason, by=request.user, at=now)):
            messages.success(request, _("The person's data is erased."))
            return redirect(_home(contact.account))
    intro = _(
        "Name, phones, mail, WeChat, notes and own fields of %(name)s are blanked here and wherever else the person "
        "is named; their values in the history become unreadable for ever. That somebody was met, when and by whom "
        "stays. This cannot be undone."
    ) % {"name": contact.name}
    context = {"title": _("Erase the person"), "intro": intro, "is_danger": True, "action": _("Erase for good")}
    return _form_page(request, contact.account, form, **context)
