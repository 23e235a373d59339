"""Territories: who may register where, and exceptions by another's yes."""

from typing import Any

import pytest

from openpsm.accounts.models import Account
from openpsm.accounts.operations import NewAccount
from openpsm.accounts.operations.codes import install
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.core.models import Event
from openpsm.org import operations as org
from openpsm.org.models import Approval, ApprovalSeat, User
from openpsm.projects.operations import NewProject
from openpsm.registrations.models import Registration, Territory, TerritoryException
from openpsm.registrations.operations import (
    ask_exception,
    change_account,
    claim_account,
    close_territory,
    create_territory,
    give_account,
    register,
    reopen_territory,
    update_territory,
)
from openpsm.registrations.territories import OutsideTerritory, regions_of, strange_territories, takes_in
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_role, make_user

pytestmark = pytest.mark.django_db
NAME = "洛阳恒岳耐火材料有限公司"


class Company:
    """Henan belongs to a department with a manager; a stranger works elsewhere."""

    def __init__(self) -> None:
        self.henan = make_department("Henan")
        self.inside = make_user("inside", department=make_department("Luoyang", parent=self.henan))
        self.lead = make_user("lead", roles=("sales-manager",), manages=self.henan)
        self.stranger = make_user("stranger", department=make_department("Tangshan"))
        self.admin = make_user("admin", roles=("administrator",))
        self.both = make_user("both", roles=("administrator", "executive"))
        self.executive = make_user("vice", roles=("executive",), department=make_department("Head office"))

    def territory(self, **fields: Any) -> Territory:
        given: dict[str, Any] = {"name": "河南耐材", "regions": ["410000"], "department_ids": [self.henan.pk]} | fields
        return create_territory(**given, by=self.both, at=AT)


@pytest.fixture
def company():
    install(AT)
    return Company()


def new(name: str = NAME, **fields: Any) -> NewAccount:
    return NewAccount(**{"name": name, "region": "410300", "industry": "3089"} | fields)


def allowed(by: User, **fields: Any) -> bool:
    return not strange_territories([new(**fields)], by)[0]


@pytest.mark.parametrize(
    ("regions", "industries", "region", "industry", "expected"),
    [
        (["41"], [], "410300", "", True),
        (["41"], [], "130200", "", False),
        (["41"], [], "", "", False),
        (["41"], ["308"], "410300", "3089", True),
        (["41"], ["308"], "410300", "C26", False),
        ([], ["308"], "130200", "3089", True),
        ([], [], "410300", "3089", False),
    ],
)
def test_bounds(regions, industries, region, industry, expected):
    assert takes_in(regions, industries, region=region, industry=industry) is expected


def test_without_territory_everything_is_free(company):
    assert register(account=new(), by=company.stranger, at=AT).status == Registration.Status.LIVE


def test_who_works_there_registers_and_others_do_not(company):
    company.territory()
    with pytest.raises(OutsideTerritory) as refused:
        register(account=new(), by=company.stranger, at=AT)
    assert refused.value.code == "outside-territory"
    assert "河南耐材" in str(refused.value)
    assert not Account.objects.exists()
    assert register(account=new(), by=company.inside, at=AT).owner == company.inside


def test_other_places_named_people_and_take_over_are_free(company):
    company.territory(user_ids=[company.admin.pk])
    assert allowed(company.stranger, region="130200")
    assert allowed(company.executive)
    assert allowed(company.lead)
    assert not allowed(company.stranger)
    company.territory(name="Also", user_ids=[company.stranger.pk], department_ids=[])
    assert allowed(company.stranger)


def test_a_named_customer_in_the_pool(company):
    account = make_account("唐山华岩陶瓷有限公司", is_in_pool=True)
    company.territory(regions=[], account_ids=[account.pk])
    with pytest.raises(OutsideTerritory):
        claim_account(account_id=account.pk, by=company.stranger, at=AT)
    assert claim_account(account_id=account.pk, by=company.inside, at=AT).owner == company.inside


def test_a_closed_territory_binds_nobody(company):
    territory = company.territory()
    close_territory(territory_id=territory.pk, version=1, by=company.admin, at=AT)
    assert allowed(company.stranger)
    with pytest.raises(DomainError):
        close_territory(territory_id=territory.pk, version=2, by=company.admin, at=AT)
    reopen_territory(territory_id=territory.pk, version=2, by=company.admin, at=AT)
    assert not allowed(company.stranger)


def test_drawing_is_for_administrators_and_refuses_what_means_nothing(company):
    for person in (company.stranger, company.lead, company.executive):
        with pytest.raises(NotAllowed):
            create_territory(name="X", regions=["41"], user_ids=[company.inside.pk], by=person, at=AT)
    for field, wrong in (
        ("name", {"name": " "}),
        ("regions", {"regions": []}),
        ("regions", {"regions": ["99"]}),
        ("industries", {"industries": ["ZZ"]}),
        ("user_ids", {"department_ids": []}),
        ("user_ids", {"user_ids": [0]}),
        ("account_ids", {"account_ids": [0]}),
        ("department_ids", {"department_ids": [0]}),
    ):
        with pytest.raises(InvalidInput) as refused:
            company.territory(**wrong)
        assert list(refused.value.errors) == [field]
    assert not Territory.objects.exists()
    company.territory()
    with pytest.raises(InvalidInput):
        company.territory()
    assert Event.objects.filter(name="territory.created").count() == 1


def test_drawing_anew(company):
    territory = company.territory()
    given = {"territory_id": territory.pk, "name": "河北", "regions": ["130000"], "user_ids": [company.stranger.pk]}
    with pytest.raises(NotAllowed):
        update_territory(**given, version=1, by=company.lead, at=AT)
    with pytest.raises(Stale):
        update_territory(**given, version=7, by=company.admin, at=AT)
    changed = update_territory(**given, version=1, by=company.admin, at=AT)
    assert (changed.regions, list(changed.people.all()), list(changed.departments.all())) == (
        ["13"],
        [company.stranger],
        [],
    )
    assert allowed(company.stranger)
    assert not allowed(company.inside, region="130200")


def asked(company: Company, by: User | None = None) -> TerritoryException:
    return ask_exception(place=new(), reason="老客户的新厂, 一直由我联系", by=by or company.stranger, at=AT)


def decide(found: TerritoryException, decision: str, by: User) -> None:
    assert found.approval is not None
    org.decide_approval(
        approval_id=found.approval.pk, version=None, decision=decision, comment="已核对情况", by=by, at=AT
    )


def test_an_exception_is_for_one_person_and_one_name(company):
    company.territory()
    decide(asked(company), "approve", company.lead)
    other = make_user("other", department=company.stranger.department)
    assert not allowed(other)
    assert not allowed(company.stranger, name="洛阳另一家瓷业有限公司")
    assert register(account=new(), by=company.stranger, at=AT).owner == company.stranger


def test_a_refused_exception_changes_nothing(company):
    company.territory()
    found = asked(company)
    assert not allowed(company.stranger)
    decide(found, "reject", company.lead)
    assert not allowed(company.stranger)
    asked(company)


def test_nobody_grants_their_own_and_strangers_do_not_see_it(company):
    company.territory()
    company.territory(name="鲁", department_ids=[company.stranger.department_id])
    assert allowed(company.stranger)
    found_by_inside = make_user("x", department=make_department("Elsewhere"))
    found = asked(company, found_by_inside)
    for person in (found_by_inside, company.stranger):
        with pytest.raises((NotAllowed, Approval.DoesNotExist)):
            decide(found, "approve", person)
    seen = TerritoryException.objects.visible_to
    assert [seen(one).count() for one in (found_by_inside, company.lead, company.stranger)] == [1, 1, 0]


def test_a_manager_asks_the_executive_where_no_other_manages(company):
    company.territory(department_ids=[], user_ids=[company.admin.pk])
    found = asked(company, company.lead)
    seats = ApprovalSeat.objects.filter(approval=found.approval)
    assert set(seats.values_list("reviewer", flat=True)) == {company.executive.pk, company.both.pk}


def test_asking_is_refused(company):
    with pytest.raises(DomainError) as free:
        asked(company)
    assert free.value.code == "within-territory"
    company.territory()
    with pytest.raises(NotAllowed):
        asked(company, company.admin)
    with pytest.raises(InvalidInput):
        ask_exception(place=new(), reason=" ", by=company.stranger, at=AT)
    asked(company)
    with pytest.raises(DomainError) as twice:
        asked(company)
    assert twice.value.code == "approval-waiting"


def redraw(company: Company, territory: Territory, version: int) -> None:
    call: dict[str, Any] = {
        "territory_id": territory.pk,
        "name": "河南",
        "regions": ["4103"],
        "department_ids": [company.henan.pk],
    }
    update_territory(**call, version=version, by=company.admin, at=AT)


def test_a_question_about_a_territory_drawn_anew_is_void(company):
    territory = company.territory()
    found = asked(company)
    redraw(company, territory, 1)
    found.refresh_from_db()
    assert found.approval is not None
    assert (found.approval.state, found.ended_at, found.granted_at) == (Approval.State.VOID, AT, None)
    with pytest.raises(DomainError):
        decide(found, "approve", company.lead)
    assert not allowed(company.stranger)


def test_a_question_about_who_works_there_stays(company):
    territory = company.territory()
    found = asked(company)
    call = {"territory_id": territory.pk, "name": "豫", "regions": ["41"], "user_ids": [company.inside.pk]}
    update_territory(**call, version=1, by=company.admin, at=AT)
    decide(found, "approve", company.lead)
    assert allowed(company.stranger)


def test_a_yes_holds_for_the_bounds_it_was_given_for(company):
    territory = company.territory()
    decide(asked(company), "approve", company.lead)
    assert allowed(company.stranger)
    redraw(company, territory, 1)
    assert not allowed(company.stranger)


def test_a_yes_of_the_nearest_manager_above(company):
    company.territory(department_ids=[company.inside.department_id])
    seats = ApprovalSeat.objects.filter(approval=asked(company).approval)
    assert list(seats.values_list("reviewer", flat=True)) == [company.lead.pk]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"region": "130200"}, ("130200",)),
        ({"region": "", "uscc": "91130300MA0CABCD0X"}, ("130300",)),
        ({"region": "", "uscc": "91100000100001234X"}, ("410300",)),
        ({"region": "", "name": "恒岳耐火材料(洛阳)有限公司"}, ("410300",)),
        ({"region": "", "name": "恒岳耐火材料有限公司"}, ()),
    ],
)
def test_where_a_customer_lies(given, expected):
    assert regions_of(new(**given)) == expected


def test_a_place_that_is_several_lies_outside_unless_all_lie_inside(company):
    several = regions_of(new(name="朝阳恒岳耐火材料有限公司", region=""))
    assert len(several) > 1
    company.territory(regions=["2113"])
    assert allowed(company.stranger, name="朝阳恒岳耐火材料有限公司", region="")
    company.territory(name="都", regions=[one[:4] for one in several])
    assert not allowed(company.stranger, name="朝阳恒岳耐火材料有限公司", region="")


def test_leaving_the_region_out_is_no_way_around(company):
    company.territory()
    with pytest.raises(OutsideTerritory):
        register(account=new(region=""), by=company.stranger, at=AT)
    assert Event.objects.filter(name="registration.outside_territory", by=company.stranger).count() == 1


def test_filling_in_the_region_later_is_no_way_around(company):
    company.territory()
    claim = register(account=new("恒岳耐火材料有限公司", region=""), by=company.stranger, at=AT)
    with pytest.raises(OutsideTerritory):
        change_account(account_id=claim.account_id or 0, changes={"region": "410300"}, by=company.stranger, at=AT)
    changed = change_account(account_id=claim.account_id or 0, changes={"region": "130200"}, by=company.stranger, at=AT)
    assert changed.region == "130200"


def test_whoever_had_it_before_the_territory_was_drawn_goes_on(company):
    claim = register(account=new(), by=company.stranger, at=AT)
    company.territory()
    changed = change_account(account_id=claim.account_id or 0, changes={"region": "410311"}, by=company.stranger, at=AT)
    assert changed.region == "410311"
    project = NewProject(name="二期耐材", account_id=0)
    assert register(account_id=claim.account_id, project=project, by=company.stranger, at=AT).project is not None


def test_a_project_at_a_colleagues_customer_is_asked_too(company):
    company.territory()
    account = make_account(NAME, owner=company.inside, region="410300")
    looker = make_user("looker", department=company.stranger.department, roles=("seller", "market"))
    wanted: dict[str, Any] = {
        "account_id": account.pk,
        "project": NewProject(name="二期耐材", account_id=0, product_line="不定形"),
    }
    with pytest.raises(OutsideTerritory):
        register(**wanted, by=looker, at=AT)
    assert register(**wanted, by=company.executive, at=AT).project is not None


def test_a_manager_who_gives_themselves_one_of_the_pool_is_asked(company):
    make_role("looking", ["account.view_all", "account.edit"])
    looker = make_user("looker", department=company.stranger.department, roles=("seller", "looking"))
    account = make_account(NAME, is_in_pool=True, region="410300")
    company.territory()
    with pytest.raises(OutsideTerritory):
        give_account(account_id=account.pk, owner_id=looker.pk, by=looker, at=AT)
    assert give_account(account_id=account.pk, owner_id=company.inside.pk, by=looker, at=AT).owner == company.inside


def test_the_receiver_of_a_handover_works_there(company):
    territory = company.territory(user_ids=[company.inside.pk], department_ids=[])
    org.hand_over(giver_id=company.inside.pk, receiver_id=company.stranger.pk, reason="moving", by=company.lead, at=AT)
    assert list(territory.people.all()) == [company.stranger]


def test_a_section_of_industries_means_all_below_it(company):
    company.territory(regions=[], industries=["C"])
    assert not allowed(company.stranger, region="")
    assert allowed(company.stranger, industry="5171")


@pytest.mark.parametrize("rows", [1, 8])
def test_the_question_has_a_fixed_number_of_queries(company, rows, django_assert_num_queries):
    for number in range(rows):
        company.territory(name=f"T{number}")
    by = User.objects.select_related("department").get(pk=company.stranger.pk)
    places: list[Any] = [*(new(f"洛阳{number}号厂") for number in range(rows)), make_account(region="410300")]
    strange_territories(places, by)
    with django_assert_num_queries(3):
        assert len(strange_territories(places, by)[0]) == rows
