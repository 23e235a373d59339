"""The same project in other words, through other parties; and its neighbours: another lot, phase, year or place."""

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openpsm.accounts.operations import NewAccount, create_accounts
from openpsm.projects.models import Party
from openpsm.projects.names import project_name, telling_pairs
from openpsm.projects.operations import NewProject
from openpsm.registrations.matching import ProjectClaim, check
from openpsm.registrations.matching.rows import ProjectList, project_of
from openpsm.registrations.operations import Collision, register
from openpsm.registrations.rules import HitClass, ProjectFacts, compare_facts, compare_projects
from tests.factories import AT
from tests.factories.registrations import make_seller, registered_account

SAME, POSSIBLE = HitClass.SAME, HitClass.POSSIBLE


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("远景热电厂二期循环水泵第三批采购", {"phase": {"2"}, "batch": {"3"}}),
        ("2026年变压器采购第Ⅳ标段", {"year": {"2026"}, "lot": {"4"}}),
        ("地铁十二号线机电工程标段三", {"line": {"12"}, "lot": {"3"}}),
        ("国道205改建TJ-04标", {"road": {"205"}, "lot": {"tj4"}}),
        ("±800kV换流站主变", {"size": {"800"}}),
        ("2×600MW机组烟气改造", {"size": {"2*600"}}),
        ("轴承采购包二十三", {"lot": {"23"}}),
        ("轴承采购", {}),
    ],
)
def test_numbers_in_a_name_say_which_one_it_is(name, numbers):
    assert {kind: set(values) for kind, values in project_name(name).numbers.items()} == numbers


@pytest.mark.parametrize(
    ("one", "other", "cls"),
    [
        ("宁波远景热电厂二期烟气脱硫改造项目", "宁波远景热电厂Ⅱ期烟气脱硫改造工程施工总承包", SAME),
        ("宁波远景热电厂二期烟气脱硫改造项目", "宁波远景热电厂三期烟气脱硫改造项目", None),
        ("远景集团2026年第一批电机招标采购", "远景集团2026年第二批电机招标采购", None),
        ("远景集团2026年第一批电机招标采购", "远景集团2025年第一批电机招标采购", None),
        ("远景变电站110kV主变采购", "远景变电站220kV主变采购", None),
        ("远景水厂供水管道采购1标", "远景水厂供水管道采购第二标段", None),
        ("远景水厂供水管道采购01标", "远景水厂供水管道采购第一标段", SAME),
        ("远景水厂供水管道采购1标", "远景水厂供水管道采购", POSSIBLE),
        ("南阳市供水配套工程管道采购", "安阳市供水配套工程管道采购", None),
        ("河南省南阳市供水配套工程管道采购", "南阳供水配套工程管道采购", POSSIBLE),
        ("专用通信系统采购", "警用通信系统采购", None),
    ],
)
def test_another_lot_phase_year_size_or_place_is_another_project(one, other, cls):
    found = compare_projects(one, other, is_same_account=True)
    assert (found and found.cls) == cls


@pytest.mark.parametrize(
    ("one", "other", "cls", "reasons"),
    [
        ({"account": "远景化工有限公司"}, {"account": "大连华清建设有限公司"}, POSSIBLE, {"project_name"}),
        (
            {"account": "大连华清建设有限公司", "end_user": "远景化工有限公司"},
            {"account": "远景化工有限公司"},
            SAME,
            {"project_name", "account"},
        ),
        (
            {"account": "某设计院", "contractor": "华清建设有限公司"},
            {"account": "某甲方", "contractor": "华清建设有限公司"},
            SAME,
            {"project_name", "party"},
        ),
        ({"tender_number": "ZB-1"}, {"tender_number": "zb 1"}, SAME, {"tender_number"}),
        ({"account": "甲", "tender_number": "ZB-1"}, {"account": "甲", "tender_number": "ZB-2"}, POSSIBLE, None),
        ({"account": "甲", "on": date(2026, 1, 1)}, {"account": "甲", "on": date(2028, 1, 1)}, POSSIBLE, None),
        ({"account": "甲", "site": "银川"}, {"account": "甲", "site": "大连"}, POSSIBLE, None),
    ],
)
def test_parties_tender_number_and_day_speak_too(one, other, cls, reasons):
    name = "煤制烯烃装置空压机组润滑系统"
    found = compare_facts(ProjectFacts(name=name, **one), ProjectFacts(name=name, **other))
    assert found is not None
    assert found.cls == cls
    assert reasons is None or set(found.reasons) == reasons


PARTS = st.lists(
    st.sampled_from(
        ["远景", "热电厂", "循环水", "空压机", "输煤岛", "银川", "烟气脱硫", "改造工程", "采购项目", "招标", "第1标段"]
    ),
    min_size=1,
    max_size=6,
)


@st.composite
def near_names(draw):
    """The parts of a name, and those of one with a part more, less, or elsewhere."""
    one = draw(PARTS)
    other, more = draw(st.permutations(one)), draw(PARTS)
    return one, draw(st.sampled_from([other, one[1:], one[:-1], one + more[:1], more[:1] + one, more]))


@settings(max_examples=1000, deadline=None)
@given(names=near_names())
@example((["远景", "热电厂", "循环水"], ["远景", "热电厂", "循环水", "采购项目"]))
def test_what_compares_as_alike_at_another_customer_is_equal_or_shares_a_pair(names):
    known, said = map("".join, names)
    is_alike = compare_projects(said, known, is_same_account=False) is not None
    if not is_alike or project_name(said).key == project_name(known).key:
        return
    assert set(telling_pairs(said)) & set(telling_pairs(known)), (known, said)


@settings(max_examples=500, deadline=None)
@given(one=PARTS, other=st.text(max_size=20))
def test_comparing_projects_is_symmetric_and_never_fails(one, other):
    name = "".join(one)
    forth = compare_projects(name, other, is_same_account=True)
    assert forth == compare_projects(other, name, is_same_account=True)


@pytest.fixture
def seller(db):
    return make_seller()


@pytest.fixture
def colleague(seller):
    return make_seller(name="Li")


def _registered(name, *, account, by, parts=None, **more):
    project = NewProject(name=name, account_id=account.pk, **more)
    return register(account_id=account.pk, project=project, parts=parts or {}, by=by, at=AT).project


def test_one_project_through_owner_and_contractor_is_found(seller, colleague):
    owner = registered_account("宁夏远景化工有限公司", by=colleague)
    known = _registered("煤制烯烃装置空压机组", account=owner, by=colleague)
    contractor = registered_account("大连华清建设有限公司", by=seller)
    claim = NewProject(name="煤制烯烃装置空压机组采购", account_id=contractor.pk)
    with pytest.raises(Collision) as caught:
        register(account_id=contractor.pk, project=claim, parts={"end_user": "宁夏远景化工有限公司"}, by=seller, at=AT)
    hit = caught.value.hits[0]
    assert (caught.value.code, hit.cls, hit.pk, hit.label) == ("collision", SAME, known.pk, None)
    assert set(hit.reasons) == {"project_name_nearly", "account"}


def test_what_a_claim_told_of_the_parties_finds_the_next_one(seller, colleague):
    dealer = registered_account("大连华清贸易有限公司", by=colleague)
    parts = {"contractor": "宁夏远景建设有限公司"}
    known = _registered("煤制烯烃装置空压机组", account=dealer, by=colleague, parts=parts)
    claim = ProjectClaim("煤制烯烃装置空压机组", contractor="宁夏远景建设有限公司", account="沈阳重机有限公司")
    found = check(by=seller, project=claim)
    assert [(hit.pk, hit.cls, set(hit.reasons)) for hit in found] == [(known.pk, SAME, {"project_name", "party"})]


def test_party_by_its_role_ties_two_projects(seller, colleague):
    owner = registered_account("宁夏远景化工有限公司", by=colleague)
    designer = create_accounts(rows=[NewAccount(name="北方设计院有限公司")], by=seller, at=AT)[0]
    known = _registered("煤制烯烃装置空压机组", account=owner, by=colleague)
    Party.objects.create(project=known, account=designer, role="design_institute")
    found = check(by=seller, project=ProjectClaim("煤制烯烃装置空压机组采购", account_id=designer.pk))
    assert [(hit.pk, hit.cls) for hit in found] == [(known.pk, SAME)]


@pytest.mark.parametrize("rows", [1, 8])
def test_comparing_with_projects_takes_a_fixed_number_of_queries(rows, seller, colleague, django_assert_num_queries):
    owner = registered_account("宁夏远景化工有限公司", by=colleague)
    for number in range(rows):
        _registered(f"煤制烯烃装置空压机组{number + 1}期", account=owner, by=colleague)
    with django_assert_num_queries(11):
        check(by=seller, project=ProjectClaim("煤制烯烃装置空压机组", account_id=owner.pk, tender_number="X"))


def test_rows_of_tables_are_compared_like_claims():
    rows = [{"name": "宁波远景热电厂二期脱硫项目", "account": "远景"}, {"name": "轴承", "date": "soon"}]
    others = [{"name": "宁波远景热电厂三期脱硫项目"}, {"name": "宁波远景热电厂二期脱硫工程施工", "account": "远景"}]
    known = ProjectList()
    for row in others:
        known.add(project_of(row))
    found = [known.matches(project_of(row)) for row in rows]
    assert [[(one.row, one.likeness.cls) for one in hits] for hits in found] == [[(1, SAME)], []]
