"""Changes of accounts, contacts, competitors and code lists."""

from openpsm.accounts.operations.accounts import (
    NewAccount,
    add_account_member,
    add_account_name,
    create_accounts,
    delete_account,
    remove_account_member,
    remove_account_name,
    restore_account,
    set_account_owner,
    update_account,
)
from openpsm.accounts.operations.cards import export_card
from openpsm.accounts.operations.codes import install
from openpsm.accounts.operations.competitors import ensure_competitor, update_competitor
from openpsm.accounts.operations.contacts import (
    NewContact,
    create_contacts,
    delete_contact,
    erase_contact,
    restore_contact,
    update_contact,
)

__all__ = [
    "NewAccount",
    "NewContact",
    "add_account_member",
    "add_account_name",
    "create_accounts",
    "create_contacts",
    "delete_account",
    "delete_contact",
    "ensure_competitor",
    "erase_contact",
    "export_card",
    "install",
    "remove_account_member",
    "remove_account_name",
    "restore_account",
    "restore_contact",
    "set_account_owner",
    "update_account",
    "update_competitor",
    "update_contact",
]
