"""What is written for an account in the very moment in which it becomes part of another."""

import pytest

from openpsm.accounts.models import Account, AccountName, Contact
from openpsm.core.events import Event
from openpsm.duplicates.operations import merge_accounts, undo_merge
from openpsm.duplicates.operations.strays import gather_strays
from openpsm.org.models import Task
from tests.duplicates.world import LATER, make_twins
from tests.factories import AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def twins():
    return make_twins()


def merge(twins):
    return merge_accounts(kept_id=twins.kept.pk, gone_id=twins.gone.pk, by=twins.by, at=AT)


def stray(twins) -> tuple[Contact, Task]:
    """Rows as a transaction writes them that had read the account before it vanished."""
    contact = Contact.objects.create(account=twins.gone, name="何海")
    task = Task.objects.create(title="Ask", owner=twins.by, subject_type="accounts.account", subject_id=twins.gone.pk)
    return contact, task


def test_what_a_merge_has_moved_leaves_nothing_to_gather(twins, django_assert_max_num_queries):
    merge(twins)
    with django_assert_max_num_queries(40):
        assert gather_strays(at=LATER) == 0
    assert not Event.objects.filter(name="account.gathered").exists()


def test_what_named_the_vanished_account_comes_to_the_kept_one(twins):
    merge(twins)
    contact, task = stray(twins)
    assert gather_strays(at=LATER) == 1
    contact.refresh_from_db()
    task.refresh_from_db()
    assert {contact.account_id, task.subject_id} == {twins.kept.pk}
    event = Event.objects.get(name="account.gathered")
    assert (event.subject_id, event.data["moved"]) == (twins.kept.pk, 2)
    assert gather_strays(at=LATER) == 0


def test_a_name_that_the_kept_account_has_already_is_no_stumbling_block(twins):
    merge(twins)
    known = AccountName.objects.filter(account=twins.kept)[0]
    AccountName.objects.create(
        account=twins.gone, name=known.name, strict_key=known.strict_key, kind=known.kind, source=known.source
    )
    assert gather_strays(at=LATER) == 1
    assert not AccountName.objects.filter(account=twins.gone).exists()


def test_nothing_is_gathered_from_a_merge_that_was_taken_back(twins):
    merged = merge(twins)
    undo_merge(merge_id=merged.pk, by=twins.by, at=LATER)
    contact, _task = stray(twins)
    assert gather_strays(at=LATER) == 0
    assert Contact.objects.get(pk=contact.pk).account_id == Account.objects.get(pk=twins.gone.pk).pk
