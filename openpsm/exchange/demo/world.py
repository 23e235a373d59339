"""What stands before any story begins: products and a custom field; and what the stories point to by key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from openpsm.accounts.models import Contact
from openpsm.catalog.operations import NewProduct, create_products
from openpsm.core import custom
from openpsm.core.models.configuration import CustomField
from openpsm.exchange.demo.words import Words, both
from openpsm.org.models import User
from openpsm.projects.models import Project

#: Who keeps the list of products.
KEEPER = "luojy"
#: The key of the custom field whose values the stories state.
BRAND = "equipment_brand"


@dataclass
class World:
    """The records of the demo company by their keys in the data files."""

    words: Words
    users: Mapping[str, User]
    products: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)


def build(content: Mapping[str, Any], users: Mapping[str, User], words: Words, *, by: User, at: datetime) -> World:
    """Create products and the custom field, the latter in the name of the administrator."""
    rows = [
        NewProduct(code, words.say(name), words.say(unit), words.say(line))
        for code, name, line, unit in content["products"]
    ]
    products = create_products(rows=rows, by=users[KEEPER], at=at)
    _define_field(content["field"], by=by, at=at)
    return World(words, users, {product.code: product.pk for product in products})


def _define_field(row: Mapping[str, Any], *, by: User, at: datetime) -> None:
    """Both languages stay in the definition: it is shown in that of the reader."""
    if any(one.key == BRAND for one in custom.all_definitions(Project)):
        return
    label = both(row["label"])
    custom.define_field(
        model=Project,
        key=BRAND,
        label_en=label["en"],
        label_zh=label["zh"],
        kind=CustomField.Kind.CHOICE,
        options={"choices": [{"key": key, "label": both(text)} for key, text in row["choices"].items()]},
        by=by,
        at=at,
    )
