"""One account of two, and back again."""

from datetime import timedelta

import pytest

from openpsm.accounts import rules as account_rules
from openpsm.accounts.models import Account, AccountGram, AccountMark, AccountName
from openpsm.accounts.operations import delete_account, restore_account, update_account
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.core.events import Event
from openpsm.duplicates import journal, queries, rules
from openpsm.duplicates.models import Merge
from openpsm.duplicates.operations import MergeRefused, merge_accounts, undo_merge
from openpsm.org.models import User
from openpsm.projects.models import Project
from openpsm.projects.queries import totals
from openpsm.registrations.models import Arbitration, Registration
from tests.duplicates.world import GONE, KEPT, LATER, differences, make_twins, picture
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.org import make_department, make_user
from tests.factories.registrations import make_seller, registered_account

pytestmark = pytest.mark.django_db
ONE_CODE, OTHER_CODE = "91110000100006188U", "91440300708461136T"


@pytest.fixture
def twins():
    return make_twins()


def merge(twins, **given) -> Merge:
    return merge_accounts(**{"kept_id": twins.kept.pk, "gone_id": twins.gone.pk, "by": twins.by, "at": AT} | given)


def reloaded(account: Account) -> Account:
    return Account.objects.get(pk=account.pk)


def test_the_codes_of_these_tests_are_good():
    assert [account_rules.check_uscc(code) for code in (ONE_CODE, OTHER_CODE)] == [[], []]


def test_after_a_merge_no_declared_row_names_the_vanished_account(twins):
    merge(twins)
    left = {}
    for link in journal.movable():
        rows = journal.model_of(link)._base_manager.filter(journal.condition(link, twins.gone.pk))
        left[f"{link.model}.{link.field}"] = rows.exclude(state="merged") if "pair" in link.model else rows
    assert {name: list(rows) for name, rows in left.items() if rows} == {}
    assert len(left) >= 14


def test_every_kind_of_row_is_there_to_be_moved(twins):
    """Otherwise the test above shows nothing: what a later package declares must be put into this world too."""
    kinds = {f"{link.model}.{link.field}" for link in journal.movable() if link.model not in queries.SILENT}
    assert kinds - queries.counts(twins.gone).keys() == {"accounts.account.merged_into"}


def test_marks_grams_and_totals_are_right_after_a_merge(twins):
    merge(twins)
    kept = reloaded(twins.kept)
    assert not AccountMark.objects.filter(account=twins.gone).exists()
    assert not AccountGram.objects.filter(account=twins.gone).exists()
    names = [kept.name, *kept.names.values_list("name", flat=True)]
    assert {GONE, "蓝海", "Blue Sea Bearings", "Vision Chemicals"} <= {*names, kept.short_name}
    held = set(AccountMark.objects.filter(account=kept, contact=None).values_list("mark", flat=True))
    due = account_rules.marks(names=names, uscc=kept.uscc, phones=[kept.phone], domain=kept.domain)
    assert due - held == set()
    contact = AccountMark.objects.filter(contact=twins.contact)
    assert set(contact.values_list("account", flat=True)) == {kept.pk}
    assert account_rules.grams(names, kept.uscc) - set(kept.grams.values_list("gram", flat=True)) == set()
    assert Account.objects.matching("蓝海轴承").get() == kept
    assert totals.drift() == {}


def test_the_kept_values_win_and_empty_ones_are_filled(twins):
    merge(twins)
    kept = reloaded(twins.kept)
    assert (kept.name, kept.short_name, kept.note) == (KEPT, "蓝海", "Pays late")
    assert (kept.uscc, kept.phone) == (twins.gone.uscc, twins.kept.phone)
    assert (kept.owner_id, kept.names.get(name=GONE).kind) == (twins.kept.owner_id, "alias")


def test_any_value_of_the_other_can_win(twins):
    update_account(account_id=twins.kept.pk, changes={"note": "Pays well"}, by=twins.by, at=AT)
    values = {"name": "gone", "note": "gone", "owner_id": "gone"}
    merge(twins, values=values, name_kind="former")
    kept = reloaded(twins.kept)
    assert (kept.name, kept.note, kept.owner_id) == (GONE, "Pays late", twins.gone.owner_id)
    assert kept.names.get(name=KEPT).kind == "former"
    assert sorted(kept.members.filter(is_owner=True).values_list("user", flat=True)) == [twins.gone.owner_id]
    assert kept.members.filter(user=twins.kept.owner_id).exists()
    claim = Registration.objects.get(account=kept, kind="account", status="live")
    assert (claim.owner_id, claim.strict_key) == (twins.gone.owner_id, GONE)


def test_one_event_says_that_they_were_merged(twins):
    before = Event.objects.count()
    merge(twins)
    event = Event.objects.latest("seq")
    assert (Event.objects.count(), event.name) == (before + 1, "account.merged")
    assert (event.subject_id, event.root_id, event.data["name"]) == (twins.kept.pk, twins.gone.pk, GONE)


def test_of_two_claims_on_one_name_that_of_the_kept_account_stays(twins):
    merge(twins)
    claims = Registration.objects.filter(account=twins.kept, kind="account").order_by("pk")
    assert list(claims.values_list("status", "name")) == [("live", KEPT), ("superseded", GONE)]


def test_the_vanished_account_is_in_no_bin_and_leads_to_the_kept_one(twins):
    merge(twins)
    gone, owner = reloaded(twins.gone), User.objects.get(pk=twins.gone.owner_id)
    assert (gone.merged_into_id, Account.objects.in_bin_of(twins.by).count()) == (twins.kept.pk, 0)
    assert queries.kept_for(gone.pk, owner) == twins.kept.pk
    assert queries.kept_for(gone.pk, make_user()) is None
    with pytest.raises(DomainError) as refused:
        restore_account(account_id=gone.pk, by=twins.by, at=AT)
    assert refused.value.code == "merged"


@pytest.mark.parametrize("values", [{}, {"name": "gone", "owner_id": "gone", "note": "gone", "short_name": "gone"}])
def test_undoing_a_merge_leaves_everything_as_it_was(twins, values):
    before = picture()
    made = merge(twins, values=values)
    undo_merge(merge_id=made.pk, by=twins.by, at=LATER)
    assert differences(before, picture()) == {}
    assert totals.drift() == {}


def test_undoing_one_merge_after_another_goes_back_step_by_step(twins):
    third = registered_account("大连华润泵业有限公司")
    before = picture()
    first = merge(twins)
    between = picture()
    second = merge_accounts(kept_id=third.pk, gone_id=twins.kept.pk, by=twins.by, at=AT)
    assert queries.kept_for(twins.gone.pk, twins.by) == third.pk
    with pytest.raises(MergeRefused) as refused:
        undo_merge(merge_id=first.pk, by=twins.by, at=LATER)
    assert refused.value.code == "kept-gone"
    undo_merge(merge_id=second.pk, by=twins.by, at=LATER)
    assert differences(between, picture()) == {}
    undo_merge(merge_id=first.pk, by=twins.by, at=LATER)
    assert differences(before, picture()) == {}


def test_what_came_after_a_merge_stays_with_the_kept_account(twins):
    made = merge(twins)
    owner = User.objects.get(pk=twins.kept.owner_id)
    later = make_contact("赵敏", account=reloaded(twins.kept), by=owner)
    update_account(account_id=twins.kept.pk, changes={"note": "Pays at once"}, by=twins.by, at=LATER)
    undo_merge(merge_id=made.pk, by=twins.by, at=LATER)
    later.refresh_from_db()
    assert (later.account_id, reloaded(twins.kept).note) == (twins.kept.pk, "Pays at once")
    assert (reloaded(twins.gone).note, reloaded(twins.kept).short_name) == ("Pays late", "")


def test_an_owner_who_left_since_leaves_the_account_to_be_distributed(twins):
    made = merge(twins)
    User.objects.filter(pk=twins.gone.owner_id).update(is_active=False)
    back = undo_merge(merge_id=made.pk, by=twins.by, at=LATER)
    assert (back.owner_id, back.is_unassigned, back.members.filter(is_owner=True).count()) == (None, True, 0)


def test_undoing_is_refused_when_the_kept_account_was_deleted(twins):
    made = merge(twins)
    Project.objects.update(deleted_at=AT)
    delete_account(account_id=twins.kept.pk, by=twins.by, at=AT)
    with pytest.raises(MergeRefused) as refused:
        undo_merge(merge_id=made.pk, by=twins.by, at=LATER)
    assert refused.value.code == "kept-gone"


def test_undoing_is_refused_when_it_is_too_late_or_done_already(twins):
    made = merge(twins)
    with pytest.raises(MergeRefused) as late:
        undo_merge(merge_id=made.pk, by=twins.by, at=AT + timedelta(days=30, seconds=1))
    undo_merge(merge_id=made.pk, by=twins.by, at=AT + timedelta(days=30))
    with pytest.raises(MergeRefused) as twice:
        undo_merge(merge_id=made.pk, by=twins.by, at=LATER)
    assert (late.value.code, twice.value.code) == ("too-late", "undone")


def test_undoing_is_refused_when_the_name_was_claimed_meanwhile(twins):
    made = merge(twins)
    AccountName.objects.filter(account=twins.kept, name=GONE).delete()
    AccountMark.objects.filter(account=twins.kept).delete()
    registered_account(GONE)
    with pytest.raises(MergeRefused) as refused:
        undo_merge(merge_id=made.pk, by=twins.by, at=LATER)
    assert refused.value.code == "name-taken"


def test_two_good_credit_codes_are_two_legal_persons(twins):
    for account, code in ((twins.kept, ONE_CODE), (twins.gone, OTHER_CODE)):
        update_account(account_id=account.pk, changes={"uscc": code}, by=twins.by, at=AT)
    before = picture()
    with pytest.raises(MergeRefused) as refused:
        merge(twins)
    assert (refused.value.code, differences(before, picture())) == ("two-legal-persons", {})


def test_a_good_code_wins_over_a_bad_one():
    kept, gone = {"uscc": "123"}, {"uscc": ONE_CODE}
    assert (rules.default_side("uscc", kept, gone), rules.default_side("uscc", gone, kept)) == ("gone", "kept")


def test_a_circle_of_parents_is_refused_and_a_parent_that_vanishes_is_passed_over(twins):
    middle = make_account("兰州中间控股有限公司", owner=User.objects.get(pk=twins.kept.owner_id))
    for one, parent in ((middle, twins.gone), (twins.kept, middle)):
        update_account(account_id=one.pk, changes={"parent_id": parent.pk}, by=twins.by, at=AT)
    with pytest.raises(MergeRefused) as refused:
        merge(twins)
    assert refused.value.code == "parent-circle"
    update_account(account_id=twins.kept.pk, changes={"parent_id": twins.gone.pk}, by=twins.by, at=AT)
    merge(twins)
    assert reloaded(twins.kept).parent_id is None


def test_two_that_both_wait_for_a_decision_are_not_merged(twins):
    claim = Registration.objects.filter(account=twins.kept, kind="account").get()
    people = {"asker": claim.owner, "holder": twins.gone.owner}
    Arbitration.objects.create(claim=claim, account=twins.kept, **people)
    with pytest.raises(MergeRefused) as refused:
        merge(twins)
    assert refused.value.code == "open-arbitration"


def test_who_may_merge(twins):
    owner, stranger = User.objects.get(pk=twins.kept.owner_id), make_seller()
    department = User.objects.get(pk=twins.kept.owner_id).department
    manager = make_user(roles=("sales-manager",), manages=department)
    finance = make_user(roles=("finance",))
    for user in (owner, stranger, manager, finance):  # the manager sees both, and stands above one of them
        with pytest.raises(NotAllowed):
            merge(twins, by=user)
    with pytest.raises(Account.DoesNotExist):
        merge(twins, by=make_user(roles=("sales-manager",), manages=make_department()))
    assert merge(twins, by=make_user(roles=("market",))).gone == twins.gone


def test_a_manager_merges_what_stands_below_and_what_lies_in_the_pool():
    department = make_department()
    manager, seller = make_user(roles=("sales-manager",), manages=department), make_seller(department=department)
    kept, gone = make_account(owner=seller), make_account(owner=seller)
    pooled = make_account(owner=seller, is_in_pool=True)
    for one in (gone, pooled):
        merge_accounts(kept_id=kept.pk, gone_id=one.pk, by=manager, at=AT)
    assert Account.objects.live().filter(pk__in=[kept.pk, gone.pk, pooled.pk]).get() == kept
    other = make_account(owner=seller, is_in_pool=True)
    with pytest.raises(NotAllowed):
        merge_accounts(kept_id=other.pk, gone_id=kept.pk, by=manager, at=AT)


def test_what_makes_no_sense_is_refused(twins):
    for given in ({"values": {"nothing": "kept"}}, {"values": {"name": "both"}}, {"name_kind": "pet"}):
        with pytest.raises(InvalidInput):
            merge(twins, **given)
    with pytest.raises(MergeRefused) as refused:
        merge(twins, gone_id=twins.kept.pk)
    assert refused.value.code == "same-account"
    for given in ({"version": twins.kept.version + 1}, {"gone_version": twins.gone.version + 1}):
        with pytest.raises(Stale):
            merge(twins, **given)
    assert Merge.objects.count() == 0
