import pytest

from openpsm.accounts import operations, queries
from openpsm.accounts.models import Account, AccountMark, AccountMember, Contact, Division, Industry
from openpsm.accounts.operations import NewAccount
from openpsm.core import links
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.core.events import Event, unseal, verify
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.org import make_department, make_user
from tests.factories.registrations import make_seller

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return make_user(department=make_department())


def test_account_belongs_to_its_creator_and_leaves_an_event(seller):
    account = operations.create_accounts(rows=[NewAccount(name=" 上海三枪（集团）有限公司 ")], by=seller, at=AT)[0]
    assert (account.name, account.strict_key) == ("上海三枪（集团）有限公司", "上海三枪集团有限公司")
    assert (account.owner, account.department) == (seller, seller.department)
    assert list(AccountMember.objects.values_list("user", "is_owner")) == [(seller.pk, True)]
    events = Event.objects.filter(subject_type="accounts.account", subject_id=account.pk)
    assert [event.name for event in events] == ["account.created"]


@pytest.mark.parametrize("rows", [1, 8])
def test_creating_accounts_takes_no_more_statements_for_many(rows, seller, django_assert_max_num_queries):
    names = [f"{'甲乙丙丁戊己庚辛'[n] * 3}泵业有限公司" for n in range(rows)]
    with django_assert_max_num_queries(14):
        operations.create_accounts(rows=[NewAccount(name=name) for name in names], by=seller, at=AT)
    assert Account.objects.count() == rows


@pytest.mark.parametrize("text", ["三枪", "sq", "sanqiang", "91350100M000100Y43", "三槍", "old name"])
def test_account_is_found_by_any_of_its_names(text, seller):
    names = [("former", "Old Name Ltd")]
    row = NewAccount(name="上海三枪集团有限公司", uscc="91350100M000100Y43", other_names=names)
    account = operations.create_accounts(rows=[row], by=seller, at=AT)[0]
    make_account("北京远景有限公司", owner=seller)
    assert list(Account.objects.visible_to(seller).matching(text)) == [account]


@pytest.mark.parametrize("name", ["", "待定", "test", "..."])
def test_account_without_a_real_name_is_refused(name, seller):
    with pytest.raises(InvalidInput) as caught:
        operations.create_accounts(rows=[NewAccount(name=name)], by=seller, at=AT)
    assert list(caught.value.errors) == ["name"]


def test_creating_needs_the_permission():
    stranger = make_user(roles=("finance",), department=make_department())
    with pytest.raises(NotAllowed):
        operations.create_accounts(rows=[NewAccount(name="甲方泵业有限公司")], by=stranger, at=AT)


def test_account_for_a_colleague_needs_a_manager_above(seller):
    colleague = make_user(department=seller.department)
    row = NewAccount(name="甲方泵业有限公司", owner_id=colleague.pk)
    with pytest.raises(NotAllowed):
        operations.create_accounts(rows=[row], by=seller, at=AT)
    manager = make_user(roles=("sales-manager",), manages=seller.department)
    assert operations.create_accounts(rows=[row], by=manager, at=AT)[0].owner == colleague


def test_update_follows_the_name_into_all_keys(seller):
    account = make_account("上海三枪有限公司", owner=seller)
    operations.update_account(account_id=account.pk, changes={"name": "宁夏远景有限公司"}, by=seller, at=AT, version=1)
    visible = Account.objects.visible_to(seller)
    assert ([*visible.matching("三枪")], [*visible.matching("远景")]) == ([], [account])
    due = {"name:宁夏远景有限公司", "plain:宁夏远景", "near:jing yuan", "head:宁夏远景"}
    assert set(AccountMark.objects.values_list("mark", flat=True)) == due
    event = Event.objects.get(name="account.changed")
    assert (event.data["old"], event.data["new"]) == ({"name": "上海三枪有限公司"}, {"name": "宁夏远景有限公司"})


def test_update_refuses_a_stale_version_an_unknown_field_and_a_stranger(seller):
    account = make_account(owner=seller)
    with pytest.raises(Stale):
        operations.update_account(account_id=account.pk, changes={"note": "x"}, by=seller, at=AT, version=7)
    with pytest.raises(InvalidInput):
        operations.update_account(account_id=account.pk, changes={"owner_id": 1}, by=seller, at=AT)
    stranger = make_user(department=make_department())
    with pytest.raises(Account.DoesNotExist):
        operations.update_account(account_id=account.pk, changes={"note": "x"}, by=stranger, at=AT)


def test_update_that_changes_nothing_leaves_no_event(seller):
    account = make_account(owner=seller)
    same = operations.update_account(account_id=account.pk, changes={"name": account.name}, by=seller, at=AT, version=1)
    assert (same.version, Event.objects.filter(name="account.changed").count()) == (1, 0)


def test_parent_companies_never_run_in_a_circle(seller):
    parent = make_account(owner=seller)
    child = make_account(owner=seller, parent_id=parent.pk)
    with pytest.raises(InvalidInput) as caught:
        operations.update_account(account_id=parent.pk, changes={"parent_id": child.pk}, by=seller, at=AT)
    assert list(caught.value.errors) == ["parent"]


def test_account_given_to_the_pool_is_seen_by_all_sellers(seller):
    account = make_account(owner=seller)
    other = make_user(department=make_department())
    assert list(Account.objects.visible_to(other)) == []
    operations.set_account_owner(account_id=account.pk, owner_id=None, by=seller, at=AT)
    assert (list(Account.objects.visible_to(other)), AccountMember.objects.count()) == ([account], 0)


def test_unassigned_account_is_not_in_the_pool(seller):
    make_account(owner=seller, is_unassigned=True)
    assert list(Account.objects.visible_to(make_user(department=make_department()))) == []


def test_seller_cannot_give_an_account_to_a_colleague(seller):
    account, colleague = make_account(owner=seller), make_user(department=seller.department)
    with pytest.raises(NotAllowed):
        operations.set_account_owner(account_id=account.pk, owner_id=colleague.pk, by=seller, at=AT)
    manager = make_user(roles=("sales-manager",), manages=seller.department)
    operations.set_account_owner(account_id=account.pk, owner_id=colleague.pk, by=manager, at=AT)
    assert list(AccountMember.objects.values_list("user", "is_owner")) == [(colleague.pk, True)]


def test_other_name_is_added_once_and_taken_away(seller):
    account = make_account("上海三枪集团有限公司", owner=seller)
    name = operations.add_account_name(account_id=account.pk, name="三枪", kind="short", by=seller, at=AT)
    with pytest.raises(DomainError):
        operations.add_account_name(account_id=account.pk, name="三 枪", kind="alias", by=seller, at=AT)
    assert AccountMark.objects.filter(mark="name:三枪").exists()
    operations.remove_account_name(name_id=name.pk, by=seller, at=AT)
    assert not AccountMark.objects.filter(mark="name:三枪").exists()


def test_deleted_account_comes_back_to_its_owner(seller):
    account = make_account(owner=seller)
    with pytest.raises(NotAllowed):
        operations.delete_account(account_id=account.pk, by=seller, at=AT)
    manager = make_user(roles=("sales-manager",), manages=seller.department)
    operations.delete_account(account_id=account.pk, by=manager, at=AT)
    assert list(Account.objects.visible_to(seller)) == []
    operations.restore_account(account_id=account.pk, by=seller, at=AT)
    assert list(Account.objects.visible_to(seller)) == [account]


def test_contact_values_stand_sealed_in_the_log(seller):
    contact = make_contact("王军", account=make_account(owner=seller), mobile="13812345678", email="wang@abc.cn")
    event = Event.objects.get(name="contact.created")
    assert "13812345678" not in str(event.data) + str(event.sealed)
    assert unseal([event])[event.seq] == {"name": "王军", "mobile": "13812345678", "email": "wang@abc.cn"}
    assert set(AccountMark.objects.filter(contact=contact).values_list("mark", flat=True)) == {
        "phone:+8613812345678",
        "email:wang@abc.cn",
    }


def test_erased_contact_leaves_nothing_of_the_person(seller):
    account = make_account(owner=seller)
    contact = make_contact("王军", account=account, mobile="13812345678", note="plays chess")
    operations.update_contact(contact_id=contact.pk, changes={"mobile": "13912345678"}, by=seller, at=AT)
    manager = make_user(roles=("sales-manager",), manages=seller.department)
    operations.erase_contact(contact_id=contact.pk, reason="asked for it by mail", by=manager, at=AT)
    contact.refresh_from_db()
    kept = [contact.name, contact.mobile, contact.note, contact.sort_key]
    assert kept == ["—", "", "", ""]
    assert AccountMark.objects.filter(contact=contact).count() == 0
    opened = unseal(Event.objects.filter(subject_type="accounts.contact"))
    assert [values for values in opened.values() if values] == []
    assert verify() == []


def test_contact_in_the_recycle_bin_is_erased_on_request_and_only_once(seller):
    contact = make_contact("王军", account=make_account(owner=seller), mobile="13812345678")
    operations.delete_contact(contact_id=contact.pk, by=seller, at=AT)
    manager = make_user(roles=("sales-manager",), manages=seller.department)
    operations.erase_contact(contact_id=contact.pk, reason="asked for it by mail", by=manager, at=AT)
    contact.refresh_from_db()
    assert (contact.name, contact.mobile) == ("—", "")
    with pytest.raises(DomainError) as caught:
        operations.erase_contact(contact_id=contact.pk, reason="asked for it by mail", by=manager, at=AT)
    assert caught.value.code == "erased"


def test_merging_accounts_takes_the_team_and_the_contacts_marks_along(seller):
    other, colleague = make_seller(), make_user(department=seller.department)
    kept, gone = make_account(owner=seller), make_account(owner=other)
    operations.add_account_member(account_id=kept.pk, user_id=colleague.pk, by=seller, at=AT)
    operations.add_account_member(account_id=gone.pk, user_id=colleague.pk, by=other, at=AT)
    contact = make_contact(account=gone, mobile="13812345678")
    for link in links.declared("accounts.account"):
        if link.merge and link.model.startswith("accounts."):
            link.merge(kept=kept, gone=gone, by=None, at=AT)
    team = {(seller.pk, True), (colleague.pk, False), (gone.owner_id, False)}
    assert set(kept.members.values_list("user", "is_owner")) == team
    assert set(AccountMark.objects.filter(contact=contact).values_list("account", flat=True)) == {kept.pk}
    assert (gone.members.count(), contact.__class__.objects.get().account) == (0, kept)


def test_contact_needs_a_real_name_and_a_readable_mail_address(seller):
    with pytest.raises(InvalidInput) as caught:
        make_contact("..", account=make_account(owner=seller), email="nobody")
    assert sorted(caught.value.errors) == ["email", "name"]


def test_stranger_can_neither_see_nor_change_a_contact(seller):
    contact = make_contact(account=make_account(owner=seller))
    stranger = make_user(department=make_department())
    with pytest.raises(Contact.DoesNotExist):
        operations.update_contact(contact_id=contact.pk, changes={"title": "x"}, by=stranger, at=AT)


def test_competitor_is_one_in_every_spelling(seller):
    first = operations.ensure_competitor(name="欧锐斯（中国）", by=seller, at=AT)
    assert operations.ensure_competitor(name="歐銳斯(中国)", by=seller, at=AT) == first


def test_code_lists_are_complete_and_load_once():
    before = (Industry.objects.count(), Division.objects.count())
    operations.install(AT)
    assert before == (Industry.objects.count(), Division.objects.count()) == (1970, 3351)


@pytest.mark.parametrize(("text", "code"), [("C25", ""), ("谷物种植", "011"), ("gwzz", "011"), ("0111", "0111")])
def test_industries_are_found_by_code_name_and_initials(text, code):
    assert [one.code for one in queries.search_industries(text)][:1] == ([code] if code else [])


@pytest.mark.parametrize(
    ("text", "full_name"),
    [
        ("滨江", "浙江省杭州市滨江区"),
        ("ningxia", "宁夏回族自治区"),
        ("hzs", "浙江省杭州市"),
        ("640000", "宁夏回族自治区"),
        ("香港", "香港特别行政区"),
        ("东城", "北京市东城区"),
    ],
)
def test_divisions_are_found_by_code_name_and_pinyin(text, full_name):
    assert full_name in [one.full_name for one in queries.search_divisions(text)]
