"""Forms about lost customers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import LossReason
from openpsm.core.money import default_currency
from openpsm.web.confirming import AskForm
from openpsm.web.forms.base import AmountField, DayField


class LossForm(AskForm):
    """客户跟踪记录表: why the customer left, where it went, to whom and at what price."""

    reason = forms.ChoiceField(label=_("Main reason"), choices=[("", "—"), *LossReason.choices])
    reason_text = forms.CharField(
        label=_("In your own words"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    destination = forms.CharField(label=_("Where the customer went"), max_length=200)
    winner_name = forms.CharField(label=_("Winner"), required=False, max_length=200)
    price = AmountField(label=_("The winner's price"), required=False)
    price_unit = forms.CharField(label=_("Price unit"), required=False, max_length=20)
    price_currency = forms.CharField(
        label=_("Currency"), max_length=3, min_length=3, initial=default_currency, required=False
    )
    lost_on = DayField(label=_("Lost on"))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @property
    def loss(self) -> dict[str, Any]:
        """What the operation takes."""
        return {name: value for name, value in self.values.items() if name != "version"}


class PriceForm(AskForm):
    """A price for one unit, tax included, that one has offered."""

    unit_price = AmountField(label=_("Price for one unit, tax included"))
    unit = forms.CharField(label=_("Unit"), max_length=20)
    product = forms.CharField(label=_("Product code"), max_length=40, required=False)
    currency = forms.CharField(label=_("Currency"), max_length=3, min_length=3, initial=default_currency)
    offered_on = DayField(label=_("Offered on"))
