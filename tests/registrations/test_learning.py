"""Names learnt from confirmations: what somebody says is the same company is found by that name from then on."""

from typing import Any

import pytest

from openpsm.accounts.models import Account, AccountName
from openpsm.accounts.operations import NewAccount, set_account_owner
from openpsm.core.models import Event
from openpsm.org.models import User
from openpsm.projects.operations import NewProject
from openpsm.registrations import matching
from openpsm.registrations.matching import Claim
from openpsm.registrations.operations import check_claim, register
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.registrations import register_account
from tests.registrations.test_arbitration import Company, claimed, contest, settle

pytestmark = pytest.mark.django_db
NAME = "宁夏远景化工有限公司"


@pytest.fixture
def mine():
    return make_user("mine", department=make_department("North"))


@pytest.fixture
def colleague():
    return make_user("colleague", department=make_department("South"))


def registered(by: User, **given: Any) -> Account:
    account = register_account(NAME, by=by, phone="0571-87654321", **given).account
    assert account is not None
    return account


def choose(by: User, name: str, *, about: str = "循环水泵", line: str = "pumps", **given: Any) -> None:
    """Say that a new name with the same switchboard is the customer that is there, and put a project there."""
    phone = "0571-87654321"
    hit = check_claim(account=Claim(name, phones=(phone,)), by=by, at=AT)[0]
    project = NewProject(name=about, account_id=0, product_line=line)
    register(account=NewAccount(name=name, phone=phone, **given), account_hit=hit.key, project=project, by=by, at=AT)


def known(account: Account) -> list[tuple[str, str, str]]:
    return list(account.names.order_by("name").values_list("name", "kind", "source"))


@pytest.mark.parametrize(
    ("name", "kind"), [("塞上明珠", "short"), ("Vision Chemicals", "english"), ("银川塞上明珠实业有限公司", "alias")]
)
def test_a_confirmed_name_is_learnt_and_found(mine, name, kind):
    account = registered(mine)
    assert not matching.check(by=mine, account=Claim(name))
    choose(mine, name)
    assert known(account) == [(name, kind, "registration")]
    [hit] = matching.check(by=mine, account=Claim(name))
    assert (hit.record_id, "known_as" in hit.reasons) == (account.pk, True)
    told = Event.objects.get(name="account.name_added")
    assert (told.data["name"], told.data["source"]) == (name, "registration")


def test_a_second_time_nothing_is_learnt(mine):
    account = registered(mine)
    choose(mine, "塞上明珠")
    choose(mine, "塞上明珠", about="齿轮油", line="lubricants", short_name="塞上")
    assert [name for name, _kind, _source in known(account)] == ["塞上", "塞上明珠"]


def test_one_word_of_a_stranger_renames_nobody(mine, colleague):
    account = registered(colleague)
    choose(mine, "塞上明珠")
    assert known(account) == []
    assert not Event.objects.filter(name="account.name_added").exists()


def test_a_name_learnt_from_a_claim_on_the_pool(mine, colleague):
    account = registered(colleague)
    set_account_owner(account_id=account.pk, owner_id=None, by=colleague, at=AT)
    choose(mine, "塞上明珠")
    assert known(account) == [("塞上明珠", "short", "registration")]


def test_a_name_that_means_another_company_is_never_learnt(mine):
    account, other = registered(mine), register_account("成都青山机械厂", by=mine).account
    assert other is not None
    AccountName.objects.create(account=other, name="塞上明珠", strict_key="塞上明珠", kind="short")
    choose(mine, "塞上明珠")
    assert known(account) == []


def test_a_branch_is_not_the_same(mine):
    account = registered(mine)
    name = f"{NAME}银川分公司"
    hit = matching.check(by=mine, account=Claim(name))[0]
    project = NewProject(name="二期", account_id=0)
    register(account=NewAccount(name=name), account_hit=hit.key, project=project, by=mine, at=AT)
    assert known(account) == []


def test_of_a_hidden_customer_the_reason_says_no_name(mine, colleague):
    account = registered(colleague)
    choose(colleague, "塞上明珠")
    [hit] = matching.check(by=mine, account=Claim("塞上明珠"))
    assert (hit.record_id, hit.label, hit.pk) == (None, None, account.pk)
    assert NAME not in " ".join(hit.words)


def test_an_arbitration_teaches_the_name_of_the_claim():
    company = Company()
    account = claimed(company)
    made = contest(company.second, name="宁夏天华混凝土公司")
    settle(made, company.head, company.first)
    assert known(account) == [("宁夏天华混凝土公司", "alias", "arbitration")]


# --- a short name that nobody has noted


def test_a_short_name_finds_the_firm_that_one_sees(mine, colleague):
    firm = register_account("营口金辰机械股份有限公司", by=mine).account
    register_account("营口青花耐火材料股份有限公司", by=mine)
    assert firm is not None
    [hit] = matching.check(by=mine, account=Claim("金辰股份"))
    assert (hit.record_id, hit.cls, hit.reasons) == (firm.pk, "possible", ("short_name",))
    assert matching.check(by=colleague, account=Claim("金辰股份")) == []


def test_a_name_with_a_legal_form_is_none_for_short(mine):
    register_account("营口金辰机械股份有限公司", by=mine)
    assert matching.check(by=mine, account=Claim("金辰有限公司")) == []


@pytest.mark.parametrize("rows", [1, 8])
def test_a_short_name_costs_a_fixed_number_of_queries(mine, rows, django_assert_num_queries):
    for number in range(rows):
        make_account(f"营口金辰{'甲乙丙丁戊己庚辛'[number]}鑫{'泵阀轴轮线管板网'[number]}业股份有限公司", owner=mine)
    with django_assert_num_queries(6):
        assert matching.check(by=mine, account=Claim("金辰股份"))
