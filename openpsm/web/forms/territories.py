"""Drawing a territory: places, industries and customers one a line, as people write them; who works there."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.accounts.models import Account
from openpsm.accounts.queries import named_divisions, named_industries
from openpsm.core.text import fold
from openpsm.org.models import User
from openpsm.web.confirming import AskForm
from openpsm.web.forms.settings import VERSION, Choices, choose

MOST = 500
Found = tuple[Any, str]


class LinesField(forms.CharField):
    """Things one a line; `find(text)` answers with (stored value, words) of each that is meant.

    Cleans to the list of stored values. A line that means nothing, or several, is said.
    """

    widget = forms.Textarea(attrs={"rows": 4, "class": "form-control"})

    def __init__(self, find: Callable[[User, str], list[Found]], **kwargs: Any) -> None:
        super().__init__(required=False, max_length=60_000, **kwargs)
        self.find = find
        self.user: User | None = None

    def clean(self, value: Any) -> list[Any]:
        lines = [line.strip() for line in str(super().clean(value) or "").splitlines() if line.strip()]
        if len(lines) > MOST:
            raise ValidationError(_("At most %(most)s lines fit here.") % {"most": MOST})
        found, errors = [], []
        for line in dict.fromkeys(lines):
            meant = self.find(self.user, line) if self.user else []
            if len(meant) == 1:
                found.append(meant[0][0])
            else:
                errors.append(_told(line, [words for _value, words in meant]))
        if errors:
            raise ValidationError(errors[:10])
        return found


def _told(line: str, several: Sequence[str]) -> str:
    if not several:
        return _("“%(text)s” is not known. Write the full name or the code.") % {"text": line[:60]}
    words = _(", ").join(several[:5])
    return _("“%(text)s” may be several: %(several)s. Write the full name or the code.") % {
        "text": line[:60],
        "several": words,
    }


def _divisions(_user: User, text: str) -> list[Found]:
    return [(one.code, f"{one.code} {one.full_name}") for one in named_divisions(text)]


def _industries(_user: User, text: str) -> list[Found]:
    return [(one.code, str(one)) for one in named_industries(text)]


def _accounts(user: User, text: str) -> list[Found]:
    rows = Account.objects.visible_to(user).live()
    same = list(rows.filter(strict_key=fold(text)[:200])[:6])
    found = same or list(rows.matching(text).order_by("sort_key", "pk")[:6])
    return [(one.pk, one.name) for one in found]


class TerritoryForm(AskForm):
    """Everything a territory says."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    department_ids = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Departments that work there"),
        coerce=int,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": "6"}),
        help_text=gettext_lazy("With all below them. Hold Ctrl to choose several."),
    )
    user_ids = forms.TypedMultipleChoiceField(
        label=gettext_lazy("People who work there"),
        coerce=int,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": "6"}),
        help_text=gettext_lazy("Beside the departments, or instead of them."),
    )
    regions = LinesField(
        _divisions,
        label=gettext_lazy("Regions"),
        help_text=gettext_lazy("One a line: 河南省, 洛阳市 or a code such as 4103. With all below. Empty: everywhere."),
    )
    industries = LinesField(
        _industries,
        label=gettext_lazy("Industries (GB/T 4754)"),
        help_text=gettext_lazy("One a line: a name or a code such as C30 or 3089. With all below. Empty: all."),
    )
    account_ids = LinesField(
        _accounts,
        label=gettext_lazy("Customers by name"),
        help_text=gettext_lazy("One a line. They lie in it wherever they are and whatever they make."),
    )

    def __init__(self, *args: Any, departments: Choices = (), people: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "department_ids", departments)
        choose(self, "user_ids", people)
        for each in self.fields.values():
            if isinstance(each, LinesField):
                each.user = self.request.user


class EditTerritoryForm(TerritoryForm):
    version = forms.IntegerField(**VERSION)  # type: ignore[arg-type]  # the widget and bounds there


class ExceptionForm(AskForm):
    """Why one should have a customer in the territory of others."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
        help_text=gettext_lazy("Whoever decides reads it: how you know them, who asked you, what you have done."),
    )


def lines(words: Iterable[str]) -> str:
    """Return the text that a LinesField begins with."""
    return "\n".join(words)
