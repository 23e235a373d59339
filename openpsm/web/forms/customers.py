"""Forms of accounts, contacts, products and registrations: shapes only; the rules stand in the operations."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django import forms
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Account, AccountKind, AccountName, Contact
from openpsm.accounts.operations import NewAccount
from openpsm.catalog.models import Product
from openpsm.core.text import fold
from openpsm.projects.operations import NewProject
from openpsm.registrations.matching import Claim, Hit, ProjectClaim
from openpsm.registrations.operations import Collision
from openpsm.registrations.territories import OutsideTerritory
from openpsm.web.forms.base import AmountField, BoundForm, DayField, attempt
from openpsm.web.forms.custom import CustomFieldsForm
from openpsm.web.forms.pickers import PickerField, PickerForm
from openpsm.web.forms.projects import TEXT_AREA, VersionForm

T = TypeVar("T")


class HitsForm(BoundForm):
    """A form whose save may run into hits: they stay on it, with the keys that the person called different."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hits: list[Hit] = []

    @property
    def confirmed(self) -> list[str]:
        """Return the keys of hits that the person has looked at and called another one."""
        given = self.data.getlist("different") if hasattr(self.data, "getlist") else []
        return [key for key in given if len(key) <= 40][:50]


def attempt_claim(form: HitsForm, call: Callable[[], T]) -> T | None:
    """As `attempt`, and what the claim ran into stays on the form."""

    def noted() -> T:
        try:
            return call()
        except Collision as collision:
            form.hits = collision.hits
            raise

    return attempt(form, noted)


class AccountForm(PickerForm, CustomFieldsForm, VersionForm, HitsForm):
    """What is known of a company itself."""

    custom_model = Account

    name = forms.CharField(label=_("Full name"), max_length=200, help_text=_("As on the business licence."))
    short_name = forms.CharField(label=_("Short name"), max_length=60, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=AccountKind.choices)
    uscc = forms.CharField(
        label=_("Unified social credit code"),
        max_length=30,
        required=False,
        help_text=_("18 signs. An old registration number is stored too, with a warning."),
    )
    region = PickerField("divisions", label=_("Region"), required=False)
    industry = PickerField("industries", label=_("Industry (GB/T 4754)"), required=False)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    domain = forms.CharField(label=_("Web domain"), max_length=100, required=False)
    phone = forms.CharField(label=_("Switchboard"), max_length=40, required=False)
    parent_id = PickerField("accounts", label=_("Parent company"), required=False)
    country = forms.CharField(label=_("Country"), min_length=2, max_length=2, help_text=_("Two letters, such as CN."))
    note = forms.CharField(label=_("Note"), widget=TEXT_AREA, max_length=5000, required=False)

    def changes(self) -> dict[str, Any]:
        """Return what to change, without the version."""
        given = self.plain_values()
        given.pop("version")
        return given | {"custom": self.custom_values()}


class AccountNameForm(HitsForm):
    name = forms.CharField(label=_("Other name"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind of name"), choices=AccountName.Kind.choices)


class PersonForm(PickerForm):
    user_id = PickerField("people", label=_("Colleague"))


class OwnerForm(PickerForm, VersionForm):
    owner_id = PickerField(
        "people", label=_("New owner"), required=False, help_text=_("Empty: the account goes to the public pool.")
    )
    reason = forms.CharField(
        label=_("Why it goes to the public pool"),
        max_length=300,
        required=False,
        help_text=_("Everybody who looks at the pool reads it."),
    )


class ReleaseForm(VersionForm):
    reason = forms.CharField(
        label=_("Reason"), widget=TEXT_AREA, max_length=300, help_text=_("Everybody who looks at the pool reads it.")
    )


class ContactForm(CustomFieldsForm):
    """What is known of a person; fields that the reader may not see are left out by `hidden`."""

    custom_model = Contact

    name = forms.CharField(label=_("The person's name"), max_length=60)
    title = forms.CharField(label=_("Post"), max_length=100, required=False)
    unit = forms.CharField(label=_("Department"), max_length=100, required=False)
    mobile = forms.CharField(
        label=_("Mobile phone"), max_length=40, required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    phone = forms.CharField(
        label=_("Phone"), max_length=40, required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    email = forms.EmailField(label=_("E-mail"), required=False)
    chat_name = forms.CharField(label=_("WeChat"), max_length=60, required=False)
    note = forms.CharField(label=_("Note"), widget=TEXT_AREA, max_length=5000, required=False)
    purpose = forms.CharField(
        label=_("Why we keep this person's data"),
        max_length=200,
        required=False,
        help_text=_("For example: contact for the contract of 2026. The law asks for it."),
    )

    def __init__(self, *args: Any, hidden: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in hidden:
            self.fields.pop(name, None)

    def values(self) -> dict[str, Any]:
        """Return the entered values with the custom ones, without the version."""
        given = self.plain_values()
        given.pop("version", None)
        return given | {"custom": self.custom_values()}


class EditContactForm(ContactForm, VersionForm):
    """The same with the version seen."""


class EraseForm(BoundForm):
    reason = forms.CharField(
        label=_("Reason"),
        widget=TEXT_AREA,
        max_length=300,
        help_text=_("For example: asked for by the person by mail."),
    )
    is_sure = forms.BooleanField(label=_("I know that this cannot be undone."))


class ProductForm(CustomFieldsForm):
    custom_model = Product

    code = forms.CharField(label=_("Code"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=200)
    line = forms.CharField(
        label=_("Product line"),
        max_length=60,
        required=False,
        help_text=_("Projects of different lines at one customer are different projects."),
    )
    unit = forms.CharField(label=_("Unit"), max_length=20, help_text=_("Such as t, kg, piece, barrel."))

    def values(self) -> dict[str, Any]:
        """Return the entered values with the custom ones, without the version."""
        given = self.plain_values()
        given.pop("version", None)
        return given | {"custom": self.custom_values()}


class EditProductForm(ProductForm, VersionForm):
    """The same with the version seen."""


#: Typing here asks again what is known already.
CLAIM = ("name", "uscc", "short_name", "phone", "domain", "project_name", "product_line", "site", "tender_number")
#: Others who have a part in the project: through each of them it may be known already.
PARTY_FIELDS = ("end_user", "contractor", "design_institute")


class RegistrationForm(PickerForm, HitsForm):
    """A customer, new or known, and optionally a project. `account_hit` is the hit chosen as the customer."""

    account_id = PickerField("accounts", label=_("Known customer"), required=False)
    account_hit = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    name = forms.CharField(
        label=_("Customer"),
        max_length=200,
        required=False,
        help_text=_("The full name, as on the business licence. What is known already appears while you type."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=AccountKind.choices, required=False)
    uscc = forms.CharField(label=_("Unified social credit code"), max_length=30, required=False)
    short_name = forms.CharField(label=_("Short name"), max_length=60, required=False)
    region = PickerField("divisions", label=_("Region"), required=False)
    industry = PickerField("industries", label=_("Industry (GB/T 4754)"), required=False)
    phone = forms.CharField(label=_("Switchboard"), max_length=40, required=False)
    domain = forms.CharField(label=_("Web domain"), max_length=100, required=False)
    project_name = forms.CharField(label=_("Project"), max_length=200, required=False)
    product_line = forms.CharField(label=_("Product line"), max_length=60, required=False)
    site = forms.CharField(label=_("Site"), max_length=200, required=False)
    tender_number = forms.CharField(label=_("Tender number"), max_length=80, required=False)
    end_user = forms.CharField(label=_("End user"), max_length=200, required=False)
    contractor = forms.CharField(label=_("General contractor"), max_length=200, required=False)
    design_institute = forms.CharField(label=_("Design institute"), max_length=200, required=False)
    amount = AmountField(label=_("Amount"), required=False, help_text=_("With tax; 240万 is understood."))
    order_on = DayField(label=_("Order expected on"), required=False)
    news_source = forms.CharField(label=_("Source of the news"), max_length=200, required=False)
    #: What the operation said of territories, None where it was not asked or let it pass.
    outside: OutsideTerritory | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in (*CLAIM, *PARTY_FIELDS, "order_on"):
            self.fields[name].widget.attrs["class"] = "form-control psm-claim"

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("account_id") and not (cleaned.get("name") or "").strip():
            self.add_error("name", _("Name the customer, or choose a known one."))
        if cleaned.get("account_id") and not (cleaned.get("project_name") or "").strip():
            self.add_error("project_name", _("The customer is known; name the project that you register."))
        return cleaned

    def claims(self) -> tuple[Claim | None, ProjectClaim | None]:
        """Return what the check compares, from whatever was typed so far; too short a name is not compared."""
        given = self.cleaned_data
        name, project = str(given.get("name") or ""), str(given.get("project_name") or "")
        known = given.get("account_id")
        phones, others = given.get("phone") or "", given.get("short_name") or ""
        account = Claim(
            name=name,
            uscc=given.get("uscc") or "",
            phones=(phones,) if phones else (),
            domain=given.get("domain") or "",
            other_names=(others,) if others else (),
        )
        told = {key: given.get(key) or "" for key in ("site", "product_line", "tender_number", *PARTY_FIELDS)}
        wanted = ProjectClaim(project, known, account=name, on=given.get("order_on"), **told)
        is_told = known is None and len(fold(name)) >= 3
        return account if is_told else None, wanted if len(fold(project)) >= 3 else None

    def parts(self) -> dict[str, str]:
        """Return the names of the others who have a part in the project."""
        return {name: self.cleaned_data[name] for name in PARTY_FIELDS if self.cleaned_data[name]}

    def new_account(self) -> NewAccount | None:
        """Return the customer to register, None where a known one was chosen."""
        given = self.cleaned_data
        if given.get("account_id") or not given.get("name"):
            return None
        names = ("name", "kind", "uscc", "short_name", "region", "industry", "phone", "domain")
        return NewAccount(**{name: given[name] for name in names if given.get(name)})

    def new_project(self) -> NewProject | None:
        """Return the project to register, if one was named; its customer follows from the registration."""
        given = self.cleaned_data
        if not given["project_name"]:
            return None
        names = ("product_line", "site", "tender_number", "amount", "order_on", "news_source")
        known = {name: given[name] for name in names if given[name]}
        return NewProject(name=given["project_name"], account_id=given["account_id"] or 0, **known)
