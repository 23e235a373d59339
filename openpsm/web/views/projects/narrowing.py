"""What board, calendar and team page have in common: the filters of the address, and their chips."""

from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from openpsm.org.models import User
from openpsm.web.access import UserRequest
from openpsm.web.forms.board import BoardFilter


def given(request: UserRequest) -> QueryDict:
    """Return the filters: of the address, or for a fragment those of the page that asks for it."""
    if request.htmx and request.htmx.current_url:
        return QueryDict(request.htmx.current_url.partition("?")[2].partition("#")[0])
    return request.GET


def chips(request: UserRequest, form: BoardFilter) -> list[tuple[str, str]]:
    """Return the filters in force as (words, address without it); 1 query with an owner."""
    found = []
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name)
        if value in (None, "", False):
            continue
        shown = dict(getattr(field, "choices", [])).get(str(value), value)
        if name == "owner":
            shown = User.objects.visible_to(request.user).filter(pk=value).values_list("name", flat=True).first() or "?"
        label = _("Owner") if name == "owner" else field.label
        words = label if name == "mine" else _("%(label)s: %(value)s") % {"label": label, "value": str(shown).strip()}
        found.append((str(words), address(request, **{name: ""})))
    return found


def address(request: UserRequest, **changes: Any) -> str:
    """Return the query of the address with some values changed; an empty one goes."""
    kept = {key: value for key, value in request.GET.items() if value} | changes
    return "?" + urlencode({key: value for key, value in kept.items() if value not in ("", None)})
