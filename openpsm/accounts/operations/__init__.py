"""Changes of accounts, contacts, competitors and code lists."""

from openpsm.accounts.operations.accounts import (
    NewAccount,
    add_account_member,
    add_account_name,
    check_new_account,
    create_accounts,
    delete_account,
    foresee_keys,
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
    check_new_contact,
    create_contacts,
    delete_contact,
    erase_contact,
    restore_contact,
    update_contact,
)
from openpsm.accounts.operations.learning import forget_names, learn_names
from openpsm.accounts.operations.losses import Loss, judge_lost, report_loss, withdraw_loss
from openpsm.accounts.operations.stock import (
    NewName,
    add_account_names,
    check_new_name,
    remove_account_names,
    withdraw_accounts,
    withdraw_contacts,
)
from openpsm.accounts.operations.volumes import (
    NewVolume,
    check_new_volume,
    record_volumes,
    update_volume,
    withdraw_volumes,
)

__all__ = [
    "Loss",
    "NewAccount",
    "NewContact",
    "NewName",
    "NewVolume",
    "add_account_member",
    "add_account_name",
    "add_account_names",
    "check_new_account",
    "check_new_contact",
    "check_new_name",
    "check_new_volume",
    "create_accounts",
    "create_contacts",
    "delete_account",
    "delete_contact",
    "ensure_competitor",
    "erase_contact",
    "export_card",
    "foresee_keys",
    "forget_names",
    "install",
    "judge_lost",
    "learn_names",
    "record_volumes",
    "remove_account_member",
    "remove_account_name",
    "remove_account_names",
    "report_loss",
    "restore_account",
    "restore_contact",
    "set_account_owner",
    "update_account",
    "update_competitor",
    "update_contact",
    "update_volume",
    "withdraw_accounts",
    "withdraw_contacts",
    "withdraw_loss",
    "withdraw_volumes",
]
