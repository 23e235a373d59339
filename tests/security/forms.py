"""Reads the forms of a page as a browser would, and fills them in."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

Values = dict[str, Any]
_PLAIN = {"number": "1", "date": "2026-12-01", "email": "somebody@example.com", "url": "https://example.com"}


@dataclass
class Field:
    """One field: its name, type, value, whether it must be filled, and the values that it offers."""

    name: str
    type: str
    value: str = ""
    is_required: bool = False
    is_checked: bool = False
    longest: int = 0
    options: list[tuple[str, bool]] = field(default_factory=list)


@dataclass
class Form:
    """A form with its fields in order."""

    method: str
    action: str
    fields: list[Field] = field(default_factory=list)

    def values(self, **given: Any) -> Values:
        """Return what a browser would send, with what must be filled and is not filled in somehow."""
        found: Values = {}
        for each in self.fields:
            _put(found, each)
        return {**found, **given}


def _put(found: Values, each: Field) -> None:
    if each.type in ("checkbox", "radio"):
        if each.is_checked:
            found.setdefault(each.name, []).append(each.value or "on")
    elif each.type == "select":
        chosen = [value for value, is_chosen in each.options if is_chosen]
        offered = [value for value, _is in each.options]
        found[each.name] = (chosen or offered or [""])[0]
    elif each.type not in ("file", "submit", "button"):
        found[each.name] = each.value or (_PLAIN.get(each.type, "Words") if each.is_required else "")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.open: Form | None = None
        self.area: Field | None = None
        self.select: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.open = Form(given.get("method", "get").lower(), given.get("action", ""))
            self.forms.append(self.open)
        elif self.open is not None and tag == "option" and self.select:
            self.select.options.append((given.get("value", ""), "selected" in given))
        elif self.open is not None and tag in ("input", "textarea", "select") and given.get("name"):
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        assert self.open is not None
        kind = given.get("type", "text") if tag == "input" else tag
        kind = "date" if given.get("data-understood") == "day" else kind
        made = Field(given["name"], kind, given.get("value", ""), "required" in given, "checked" in given)
        made.longest = int(given.get("maxlength") or 0)
        self.open.fields.append(made)
        self.area = made if tag == "textarea" else None
        self.select = made if tag == "select" else self.select

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag == "textarea":
            self.area = None
        elif tag == "select":
            self.select = None

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.area.value += data.removeprefix("\n")


def forms_of(html: str) -> list[Form]:
    """Return the forms of a page."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def main_form(html: str, path: str) -> Form | None:
    """Return the form that the page is for: the one that posts to the page itself, with the most fields."""
    own = [form for form in forms_of(html) if form.method == "post" and form.action in ("", path)]
    return max(own, key=lambda form: len(form.fields), default=None)
