from datetime import date, timedelta

import pytest

from openpsm.accounts.models import Account
from openpsm.accounts.operations import NewAccount, create_accounts, delete_account, set_account_owner
from openpsm.core import parameters
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, TooMany
from openpsm.core.events import Event
from openpsm.org.models import Notification
from openpsm.projects.models import Project
from openpsm.projects.operations import NewProject
from openpsm.registrations import links, operations
from openpsm.registrations.matching import Claim, ProjectClaim
from openpsm.registrations.models import Registration
from openpsm.registrations.operations import (
    Collision,
    change_account,
    change_project,
    check_claim,
    claim_account,
    register,
)
from openpsm.registrations.rules import HitClass
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact, unlike_name
from tests.factories.org import make_department, make_user
from tests.factories.registrations import (
    make_seller,
    register_account,
    register_project,
    registered_account,
    registered_project,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine():
    return make_seller()


@pytest.fixture
def colleague():
    return make_seller(name="Li")


def names(event: str) -> int:
    return Event.objects.filter(name=event).count()


def test_new_customer_is_registered_and_protected(mine):
    registration = register_account("宁夏远景化工有限公司", by=mine)
    account = Account.objects.get()
    assert (registration.account, account.name, registration.owner) == (account, "宁夏远景化工有限公司", mine)
    assert (registration.status, registration.strict_key) == ("live", "宁夏远景化工有限公司")
    assert registration.protected_until == date(2026, 12, 15)
    assert [names("account.created"), names("registration.registered")] == [1, 1]


def test_customer_and_project_are_registered_at_once(mine):
    project = NewProject(name="二期循环水泵", account_id=0, site="银川")
    registration = register(account=NewAccount(name="宁夏远景化工有限公司"), project=project, by=mine, at=AT)
    made = Project.objects.get()
    assert (registration.project, registration.account) == (made, made.account)
    assert registration.strict_key == f"{made.account_id}:二期循环水泵"
    assert Registration.objects.filter(kind="account", account=made.account).count() == 1


@pytest.mark.parametrize("name", ["宁夏远景化工有限公司", "宁夏（远景）化工有限公司 ", "寧夏遠景化工有限公司"])
def test_same_name_in_another_spelling_collides(name, mine, colleague):
    register_account("宁夏远景化工有限公司", by=colleague)
    with pytest.raises(Collision) as caught:
        register_account(name, by=mine)
    hit = caught.value.details["hits"][0]
    assert (caught.value.code, hit["class"], hit["owner"], hit["score"]) == ("collision", "same", "Li", 100)
    assert "id" not in hit
    assert "label" not in hit
    assert "宁夏" not in str(caught.value.details)
    assert (Account.objects.count(), names("registration.refused")) == (1, 1)


@pytest.mark.parametrize(
    ("known", "claimed", "reason"),
    [
        ({"uscc": "91350100M000100Y43"}, {"uscc": "91350100m000100y43"}, "the same credit code"),
        ({"phone": "0571-88888888"}, {"phone": "+86 571 8888 8888"}, "the same phone number"),
        ({"domain": "www.abc.com.cn"}, {"domain": "http://abc.com.cn/x"}, "the same web domain"),
    ],
)
def test_same_code_phone_or_domain_collides(known, claimed, reason, mine, colleague):
    register_account("宁夏远景化工有限公司", by=colleague, **known)
    with pytest.raises(Collision) as caught:
        register_account("大连华清泵业有限公司", by=mine, **claimed)
    assert [hit["reasons"] for hit in caught.value.details["hits"]] == [[reason]]


def test_two_good_credit_codes_are_two_companies_even_behind_one_switchboard(mine, colleague):
    register_account("宁夏远景化工有限公司", by=colleague, uscc="91350100M000100Y43", phone="0571-88888888")
    hits = check_claim(
        account=Claim("大连华清泵业有限公司", uscc="91110000600037341L", phones=("0571-88888888",)), by=mine, at=AT
    )
    assert [hit.cls for hit in hits] == [HitClass.POSSIBLE]


def test_contact_of_a_colleague_answers_to_a_mail_address_without_showing_it(mine, colleague):
    account = registered_account("宁夏远景化工有限公司", by=colleague)
    make_contact(account=account, by=colleague, email="wang@abc.cn")
    hits = check_claim(account=Claim("大连华清泵业有限公司", emails=("WANG@abc.cn",)), by=mine, at=AT)
    assert [(hit.cls, hit.reasons, hit.record_id) for hit in hits] == [(HitClass.SAME, ("email",), None)]


def test_possible_hit_has_to_be_confirmed_as_different(mine, colleague):
    register_account("宁夏远景化工有限公司", by=colleague)
    with pytest.raises(Collision) as caught:
        register_account("远景化工股份有限公司", by=mine)
    assert caught.value.code == "confirm-different"
    keys = [hit.key for hit in caught.value.hits]
    row = NewAccount(name="远景化工股份有限公司")
    registration = register(account=row, confirmed_different=keys, by=mine, at=AT)
    assert registration.confirmed_different == keys


@pytest.mark.parametrize("claimed", ["宁波市丙丙丙丙机械股份有限公司", "丙丙丙丙机械有限公司"])
def test_same_name_is_found_among_many_with_the_same_signs(claimed, mine):
    rows = [NewAccount(name=f"宁波丙丙{chr(0x5000 + number)}丙丙机械有限公司") for number in range(120)]
    wanted = ("宁波丙丙丙丙机械有限公司", "丙丙丙丙机械集团有限公司")
    create_accounts(rows=[*rows, *(NewAccount(name=name) for name in wanted)], by=mine, at=AT)
    hits = check_claim(account=Claim(claimed), by=mine, at=AT)
    assert wanted["宁波" not in claimed] in [hit.label for hit in hits]


def test_branch_is_registered_below_its_visible_parent(mine):
    parent = registered_account("宁夏远景化工有限公司", by=mine)
    branch = registered_account("宁夏远景化工有限公司银川分公司", by=mine)
    assert branch.parent == parent


def test_own_hit_shows_the_record_and_takes_the_project(mine):
    account = registered_account("宁夏远景化工有限公司", by=mine)
    hit = check_claim(account=Claim("宁夏远景化工有限公司"), by=mine, at=AT)[0]
    assert (hit.record_id, hit.label, hit.is_own) == (account.pk, account.name, True)
    project = NewProject(name="三期", account_id=0)
    row = NewAccount(name="宁夏远景化工有限公司")
    registration = register(account=row, account_hit=hit.key, project=project, by=mine, at=AT)
    assert (registration.kind, registration.account, Account.objects.count()) == ("project", account, 1)


def test_pool_account_is_claimed_through_the_hit(mine, colleague):
    account = registered_account("宁夏远景化工有限公司", by=colleague)
    set_account_owner(account_id=account.pk, owner_id=None, by=colleague, at=AT)
    hit = check_claim(account=Claim("宁夏远景化工有限公司"), by=mine, at=AT)[0]
    assert hit.is_in_pool
    registration = register(account=NewAccount(name="宁夏远景化工有限公司"), account_hit=hit.key, by=mine, at=AT)
    account.refresh_from_db()
    assert (account.owner, registration.owner) == (mine, mine)
    assert list(Registration.objects.order_by("pk").values_list("status", flat=True)) == ["superseded", "live"]


def test_pool_accounts_are_held_up_to_a_limit(mine, colleague):
    parameters.set_parameter(key="registration.pool_limit", value=1, by=None, at=AT)
    for name in ("宁夏远景化工有限公司", "大连华清泵业有限公司"):
        make_account(name, owner=colleague, is_in_pool=True)
    first, second = Account.objects.order_by("pk")
    claim_account(account_id=first.pk, by=mine, at=AT)
    assert claim_account(account_id=second.pk, by=mine, at=AT).account == second
    Registration.objects.update(protected_until=AT.date() - timedelta(days=1))
    third = make_account("成都青山机械厂", owner=colleague, is_in_pool=True)
    with pytest.raises(DomainError) as caught:
        claim_account(account_id=third.pk, by=mine, at=AT)
    assert caught.value.code == "pool-limit"


def test_project_at_a_colleagues_customer_needs_a_line_or_site_of_its_own(mine, colleague):
    account = registered_account("宁夏远景化工有限公司", by=colleague)
    register_project("二期循环水泵", account_id=account.pk, by=colleague, product_line="pumps")
    key = check_claim(account=Claim(account.name), by=mine, at=AT)[0].key
    row = NewAccount(name=account.name)
    with pytest.raises(Collision):
        register(account=row, account_hit=key, project=NewProject(name="润滑油", account_id=0), by=mine, at=AT)
    other = NewProject(name="润滑油", account_id=0, product_line="lubricants")
    assert Notification.objects.count() == 0
    registration = register(account=row, account_hit=key, project=other, by=mine, at=AT)
    assert (registration.project, registration.account, registration.owner) == (Project.objects.last(), account, mine)
    assert list(Notification.objects.values_list("user", "kind")) == [
        (colleague.pk, "registration.project_at_your_account")
    ]


def test_same_project_at_the_same_customer_collides(mine):
    account = registered_account("宁夏远景化工有限公司", by=mine)
    register_project("二期 循环水泵", account_id=account.pk, by=mine)
    with pytest.raises(Collision) as caught:
        register_project("二期循环水泵", account_id=account.pk, by=mine)
    assert caught.value.code == "collision"
    with pytest.raises(Collision) as caught:
        register_project("二期循环水泵采购项目", account_id=account.pk, by=mine)
    assert caught.value.code == "confirm-different"


def test_tender_number_tells_a_project_anywhere(mine, colleague):
    theirs = registered_account("宁夏远景化工有限公司", by=colleague)
    register_project("二期循环水泵", account_id=theirs.pk, by=colleague, tender_number="ZB-2026-17")
    claim = ProjectClaim("泵类物资", tender_number="ZB-2026-17")
    hits = check_claim(project=claim, by=mine, at=AT)
    assert [(hit.cls, hit.reasons, hit.stage, hit.label) for hit in hits] == [
        (HitClass.SAME, ("tender_number",), "Develop", None)
    ]


def test_deleted_customer_does_not_stop_a_new_claim(mine):
    account = registered_account("宁夏远景化工有限公司", by=mine)
    manager = make_user(roles=("sales-manager",), manages=mine.department)
    delete_account(account_id=account.pk, by=manager, at=AT)
    assert registered_account("宁夏远景化工有限公司", by=mine) != account


def test_account_whose_name_was_claimed_meanwhile_does_not_come_back(mine):
    account = registered_account("宁夏远景化工有限公司", by=mine)
    manager = make_user(roles=("sales-manager",), manages=mine.department)
    delete_account(account_id=account.pk, by=manager, at=AT)
    operations.restore_account(account_id=account.pk, by=mine, at=AT)
    delete_account(account_id=account.pk, by=manager, at=AT)
    register_account("宁夏远景化工有限公司", by=mine)
    with pytest.raises(Collision):
        operations.restore_account(account_id=account.pk, by=mine, at=AT)
    account.refresh_from_db()
    assert account.deleted_at == AT


def test_renaming_is_no_way_round_the_check(mine, colleague):
    register_account("宁夏远景化工有限公司", by=colleague)
    account = registered_account("大连华清泵业有限公司", by=mine)
    with pytest.raises(Collision):
        change_account(account_id=account.pk, changes={"name": "宁夏远景化工有限公司"}, by=mine, at=AT, version=1)
    change_account(account_id=account.pk, changes={"name": "大连华润泵业有限公司"}, by=mine, at=AT, version=1)
    assert Registration.objects.get(account=account).strict_key == "大连华润泵业有限公司"
    with pytest.raises(Collision):
        operations.add_account_name(account_id=account.pk, name="宁夏远景化工", kind="short", by=mine, at=AT)


def test_renaming_a_project_is_checked_too(mine):
    account = registered_account("宁夏远景化工有限公司", by=mine)
    register_project("二期循环水泵", account_id=account.pk, by=mine)
    other = registered_project("润滑油", account=account, by=mine)
    with pytest.raises(Collision):
        change_project(project_id=other.pk, changes={"name": "二期循环水泵"}, by=mine, at=AT, version=other.version)
    changed = change_project(project_id=other.pk, changes={"name": "齿轮油"}, by=mine, at=AT, version=other.version)
    assert Registration.objects.get(project=other).strict_key == f"{account.pk}:{changed.name}"


def test_merging_customers_writes_the_keys_of_project_claims_anew(mine):
    kept, gone = registered_account(by=mine), registered_account(by=mine)
    first = register_project("二期循环水泵", account_id=kept.pk, by=mine)
    twin = register_project("二期循环水泵", account_id=gone.pk, by=mine, site="Yinchuan", product_line="Pumps")
    alone = register_project("齿轮油", account_id=gone.pk, by=mine)
    assert links._merge(kept=kept, gone=gone, by=None, at=AT) == 3
    live = Registration.objects.filter(status="live", kind="project").order_by("pk")
    assert list(live.values_list("pk", "strict_key")) == [(row.pk, f"{kept.pk}:{row.name}") for row in (first, alone)]
    assert Registration.objects.get(pk=twin.pk).status == "superseded"
    assert Registration.objects.filter(account=gone).count() == 0


def test_checks_are_limited_and_logged(mine):
    parameters.set_parameter(key="registration.checks_per_hour", value=2, by=None, at=AT)
    for _number in range(2):
        check_claim(account=Claim("宁夏远景化工有限公司"), by=mine, at=AT)
    with pytest.raises(TooMany):
        check_claim(account=Claim("宁夏远景化工有限公司"), by=mine, at=AT)
    assert names("registration.checked") == 2


def test_registering_needs_the_permission():
    stranger = make_user(roles=("finance",), department=make_department())
    with pytest.raises(NotAllowed):
        register_account("宁夏远景化工有限公司", by=stranger)


def test_registering_names_one_customer(mine):
    with pytest.raises(InvalidInput):
        register(by=mine, at=AT)


@pytest.mark.parametrize("others", [0, 30])
def test_registering_takes_few_statements_however_many_accounts_there_are(others, mine, django_assert_max_num_queries):
    for _number in range(others):
        make_account(unlike_name(), owner=mine)
    # 12 and one per provider of facts (10), as for any write; one of them only where a name has candidates
    with django_assert_max_num_queries(22):
        register_account("宁夏远景化工有限公司", by=mine)
