"""The numbers that a customer may change, with what each of them does."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from openpsm.core import parameters
from openpsm.core.errors import InvalidInput
from openpsm.core.models import Parameter
from openpsm.core.parameters import Declaration
from openpsm.org import access
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import ask, tell
from openpsm.web.forms.settings import ParameterForm

ADMIN = Permission.SETTINGS_ADMIN


def _shown(declaration: Declaration, value: Any) -> str:
    if declaration.kind == "boolean":
        return _("yes") if value else _("no")
    if declaration.kind == "choice":
        return str(dict(declaration.choices).get(value, value))
    return "\n".join(value) if isinstance(value, list) else str(value)


def _matches(declaration: Declaration, text: str) -> bool:
    words = f"{declaration.key} {declaration.label} {declaration.help} {declaration.group}"
    return text.casefold() in words.casefold()


@page(ADMIN)
def parameter_list(request: UserRequest) -> HttpResponse:
    """Show all parameters in groups, or those in whose words the text stands (1 query beside the frame's)."""
    text = " ".join(request.GET.get("q", "")[:60].split())
    groups: dict[str, list[dict[str, Any]]] = {}
    for each in parameters.declarations():
        if _matches(each, text):
            value = parameters.value(each.key)
            row = {"declaration": each, "value": _shown(each, value), "default": _shown(each, each.default)}
            groups.setdefault(str(each.group), []).append(row | {"is_changed": row["value"] != row["default"]})
    context = {
        "title": _("Parameters"),
        "crumbs": [(_("Settings"), reverse("web:settings"))],
        "groups": sorted(groups.items()),
        "text": text,
    }
    return render(request, "settings/parameters.html", context)


@page(ADMIN, methods=("GET", "POST"))
def edit(request: UserRequest, key: str) -> HttpResponse:
    """Change one parameter, at once for everybody."""
    declaration = next((each for each in parameters.declarations() if each.key == key), None)
    if declaration is None:
        raise Http404
    value, home = parameters.value(key), reverse("web:parameter-list")
    shown = "\n".join(value) if isinstance(value, list) else value
    form = ParameterForm(request, declaration=declaration, initial={"value": shown})
    default = {"default": _shown(declaration, declaration.default)}
    return ask(
        request,
        form,
        lambda: _set(request, key, form.values["value"]),
        title=capfirst(str(declaration.label)),
        done=_("“%(name)s” is changed, at once for everybody.") % {"name": declaration.label},
        back=home,
        crumbs=[(_("Settings"), reverse("web:settings")), (_("Parameters"), home)],
        intro=_("As shipped: %(default)s") % default,
        action=_("Save"),
    )


def _set(request: UserRequest, key: str, value: Any) -> Parameter:
    """Change it for the whole company; an error of the value belongs to the form's only field."""
    access.require_over(request.user, ADMIN)
    try:
        return parameters.set_parameter(key=key, value=value, by=request.user, at=timezone.now())
    except InvalidInput as error:
        raise InvalidInput({"value": error.errors.get(key) or [str(error)]}) from error


@page(ADMIN, methods=("POST",))
def restore(request: UserRequest, key: str) -> HttpResponse:
    """Set one parameter back to what is shipped."""
    declaration = next((each for each in parameters.declarations() if each.key == key), None)
    if declaration is None:
        raise Http404
    done = _("“%(name)s” is as shipped again.") % {"name": declaration.label}
    tell(request, lambda: _set(request, key, declaration.default), done)
    return redirect("web:parameter-list")
