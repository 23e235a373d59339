"""Whatever the comparison would call alike is found by marks: no account is missed because it was never looked at."""

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from openpsm.accounts.operations import NewAccount, create_accounts
from openpsm.accounts.rules import leading_claims, leading_marks, marks
from openpsm.registrations.matching import Claim, check, customers
from openpsm.registrations.rules import compare_companies
from tests.factories import AT
from tests.factories.org import make_department, make_user

SIGNS = "远景华创润滑轴承重庆长行便利店中国银"
CORES = st.text(SIGNS, min_size=1, max_size=9) | st.text("aeinorst", min_size=3, max_size=12)
PLACES = st.sampled_from(["", "杭州", "杭州市", "浙江省杭州市", "中国", "宁夏回族自治区"])
FORMS = st.sampled_from(
    ["", "有限公司", "股份有限公司", "集团有限公司", "有限公司杭州分公司", "股份有限公司余杭支行", "营业部"]
)


@st.composite
def near_cores(draw):
    """A telling part and what a slip of the pen makes of it."""
    core = draw(CORES)
    place, sign = draw(st.integers(0, len(core) - 1)), draw(st.sampled_from(SIGNS + "aeinorst"))
    slips = [core, core[:place] + core[place + 1 :], core[:place] + sign + core[place:]]
    slips += [core[:place] + sign + core[place + 1 :], core[:place] + core[place : place + 2][::-1] + core[place + 2 :]]
    return core, draw(st.sampled_from(slips))


@settings(max_examples=2000, deadline=None)
@given(cores=near_cores(), places=st.tuples(PLACES, PLACES), forms=st.tuples(FORMS, FORMS))
@example(("重庆长城润滑", "重庆长城润"), ("", ""), ("有限公司", "有限公司"))
@example(("abcdef", "abdcef"), ("", ""), ("", ""))
@example(("银", "银"), ("", "杭州"), ("有限公司", "有限公司杭州分公司"))
def test_what_compares_as_alike_shares_a_mark(cores, places, forms):
    known, said = (place + core + form for place, core, form in zip(places, cores, forms, strict=True))
    assume(compare_companies(said, known) is not None)
    asked = marks(names=[said]) | leading_claims(said)
    assert asked & (marks(names=[known]) | leading_marks(known)), (known, said)


@pytest.mark.django_db
def test_a_mark_that_very_many_have_leads_to_some_and_hides_no_equal_name(monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(customers, "MOST_OF_A_MARK", 5)
    monkeypatch.setattr(customers, "MOST_HITS", 3)
    by = make_user(roles=("executive",), department=make_department())
    names = [f"{place}远景润滑有限公司" for place in ("杭州", "宁波", "温州", "绍兴", "金华", "湖州", "嘉兴", "台州")]
    create_accounts(rows=[NewAccount(name=name) for name in names], by=by, at=AT)
    with django_assert_max_num_queries(6):
        found = [hit.label for hit in check(by=by, account=Claim("台州远景润滑有限公司"))]
    assert found == ["台州远景润滑有限公司"]
    assert len(check(by=by, account=Claim("远景润滑有限公司"))) == 3


@pytest.mark.django_db
def test_no_account_with_the_same_number_is_left_out(monkeypatch):
    monkeypatch.setattr(customers, "MOST_OF_A_MARK", 1)
    by = make_user(roles=("executive",), department=make_department())
    names = ["杭州远大机械有限公司", "宁波恒力泵业有限公司", "温州华创轴承有限公司"]
    create_accounts(rows=[NewAccount(name=name, phone="0571-88001234") for name in names], by=by, at=AT)
    found = check(by=by, account=Claim("绍兴三枪阀门有限公司", phones=("0571-88001234",)))
    assert {hit.label for hit in found} == set(names)
