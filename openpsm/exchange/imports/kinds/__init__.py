"""The kinds of record that tables bring, each declared in its module."""

from openpsm.exchange.imports.kinds.accounts import ACCOUNTS
from openpsm.exchange.imports.kinds.activities import ACTIVITIES
from openpsm.exchange.imports.kinds.base import Kind
from openpsm.exchange.imports.kinds.contacts import ALIASES, CONTACTS
from openpsm.exchange.imports.kinds.people import DEPARTMENTS, USERS
from openpsm.exchange.imports.kinds.products import PRODUCTS
from openpsm.exchange.imports.kinds.projects import PROJECTS
from openpsm.exchange.imports.kinds.volumes import VOLUMES

#: In the order in which an installation is filled: each kind refers to those before it.
KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (DEPARTMENTS, USERS, PRODUCTS, ACCOUNTS, ALIASES, CONTACTS, PROJECTS, ACTIVITIES, VOLUMES)
}
