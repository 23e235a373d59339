"""Rivals and purchase criteria."""

import pytest

from openpsm.accounts.models import Competitor
from openpsm.buying import operations, queries
from openpsm.buying.models import Contender, Criterion
from openpsm.buying.operations.values import assign
from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.org import access
from openpsm.org.models import User
from openpsm.process import facts
from tests.factories import AT
from tests.factories.accounts import make_competitor
from tests.factories.buying import make_contender, make_criterion, make_stakeholder
from tests.factories.org import make_user
from tests.factories.projects import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


def known(project):
    return facts.about(project.pk, AT.date())


def test_a_rival_is_found_by_name_in_whatever_spelling(project):
    known = make_competitor("Rival Oils")
    contender = make_contender(project, " RIVAL OILS ", product=1, rank=2)
    assert (contender.competitor, Competitor.objects.count()) == (known, 1)
    other = make_contender(project, "Other Oils", is_registered_earlier=True)
    assert other.competitor.name == "Other Oils"
    assert queries.contenders(project.pk, user=project.owner) == [contender, other]


def test_a_rival_stands_once_in_a_project_and_again_after_removal(project):
    contender = make_contender(project, "Rival Oils")
    with pytest.raises(DomainError) as caught:
        make_contender(project, competitor_id=contender.competitor_id)
    assert caught.value.code == "contender-exists"
    operations.remove_contender(contender_id=contender.pk, version=1, by=project.owner, at=AT)
    assert make_contender(project, "Rival Oils").competitor_id == contender.competitor_id


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"competitor_name": "无"}, "competitor_name"),
        ({"competitor_id": 999_999}, "competitor_id"),
        ({"product": 3}, "product"),
        ({"rank": 0}, "rank"),
        ({"last_move": "x" * 201}, "last_move"),
    ],
)
def test_add_contender_refuses(project, fields, field):
    with pytest.raises(InvalidInput) as caught:
        make_contender(project, **fields)
    assert list(caught.value.errors) == [field]
    assert Contender.objects.count() == 0


def test_update_contender_leaves_old_and_new_in_the_event(project):
    contender = make_contender(project, price=0)
    operations.update_contender(contender_id=contender.pk, version=1, price=2, by=project.owner, at=AT)
    event = events.history(project)[0]
    assert (event.name, event.data["changed"]) == ("contender.changed", {"price": [0, 2]})
    with pytest.raises(Stale):
        operations.update_contender(contender_id=contender.pk, version=1, price=1, by=project.owner, at=AT)


def test_rivals_and_criteria_are_changed_by_the_team_only(project):
    contender, criterion = make_contender(project), make_criterion(project)
    finance, stranger = make_user(roles=("finance",)), make_user()
    with pytest.raises(NotAllowed):
        make_contender(project, by=finance)
    with pytest.raises(NotAllowed):
        operations.remove_criterion(criterion_id=criterion.pk, version=1, by=finance, at=AT)
    with pytest.raises(Contender.DoesNotExist):
        operations.update_contender(contender_id=contender.pk, version=1, rank=1, by=stranger, at=AT)
    with pytest.raises(Criterion.DoesNotExist):
        operations.update_criterion(criterion_id=criterion.pk, version=1, weight=1, by=stranger, at=AT)


def test_competition_facts(project):
    assert (known(project)["competition.rivals"], known(project)["competition.rivals_ahead"]) == (0, 0)
    for number in range(3):
        make_contender(project, is_registered_earlier=number < 2, rank=2 if number == 2 else None)
    assert (known(project)["competition.rivals"], known(project)["competition.rivals_ahead"]) == (3, 2)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": "..."}, "text"),
        ({"text": "viscosity index above 150"}, "text"),
        ({"weight": 101}, "weight"),
        ({"our_fit": 6}, "our_fit"),
        ({"origin": "nobody"}, "origin"),
        ({"set_by_id": 999_999}, "set_by_id"),
    ],
)
def test_add_criterion_refuses(project, fields, field):
    make_criterion(project, "Viscosity  index above 150")
    with pytest.raises(InvalidInput) as caught:
        make_criterion(project, **fields)
    assert list(caught.value.errors) == [field]
    assert Criterion.objects.count() == 1


def test_criteria_are_listed_heaviest_first_with_who_set_them(project):
    author = make_stakeholder(project, "李明")
    light = make_criterion(project, weight=10, set_by_id=author.pk)
    heavy = make_criterion(project, weight=60)
    unknown = make_criterion(project)
    assert queries.criteria(project.pk, user=project.owner) == [heavy, light, unknown]
    assert light.set_by == author


def test_criteria_facts(project):
    fields = ("recorded", "knock_outs_against_us", "shaped_by_us", "mostly_rivals")
    assert [known(project)[f"criteria.{name}"] for name in fields] == [0, 0, 0, False]
    make_criterion(project, weight=30, is_shaped_by_us=True, origin="ours")
    knock_out = make_criterion(project, weight=70, is_knock_out=True, origin="rival")
    assert [known(project)[f"criteria.{name}"] for name in fields] == [2, 1, 1, True]
    operations.update_criterion(criterion_id=knock_out.pk, version=1, our_fit=4, by=project.owner, at=AT)
    assert known(project)["criteria.knock_outs_against_us"] == 0
    operations.remove_criterion(criterion_id=knock_out.pk, version=2, by=project.owner, at=AT)
    assert [known(project)[f"criteria.{name}"] for name in fields] == [1, 0, 1, False]


def test_assign_refuses_fields_that_are_not_offered():
    with pytest.raises(InvalidInput) as caught:
        assign(Criterion(), {"removed_at": AT}, allowed={"text"})
    assert list(caught.value.errors) == ["removed_at"]


@pytest.mark.parametrize("rows", [1, 50])
def test_market_query_counts(project, rows, django_assert_num_queries):
    user = User.objects.get(pk=project.owner_id)
    rivals = [Competitor(name=f"Rival {n}", strict_key=f"rival{n}") for n in range(rows)]
    Competitor.objects.bulk_create(rivals)
    Contender.objects.bulk_create(Contender(project=project, competitor=rival) for rival in rivals)
    Criterion.objects.bulk_create(Criterion(project=project, text=f"Criterion {n}") for n in range(rows))
    access.reach(user)
    with django_assert_num_queries(2):
        names = [row.competitor.name for row in queries.contenders(project.pk, user=user)]
        texts = [(row.text, row.set_by) for row in queries.criteria(project.pk, user=user)]
    assert (len(names), len(texts)) == (rows, rows)


@pytest.mark.parametrize("rows", [1, 4])
def test_every_provider_takes_one_query(rows, django_assert_num_queries):
    from openpsm.buying import facts as own

    projects = [make_project() for _number in range(rows)]
    for project in projects:
        make_stakeholder(project)
        make_contender(project)
        make_criterion(project)
    ids = [project.pk for project in projects]
    providers = (
        own.people_facts,
        own.supporter_facts,
        own.intelligence_facts,
        own.contender_facts,
        own.criterion_facts,
    )
    for provider in providers:
        with django_assert_num_queries(1):
            assert set(provider(ids, AT.date())) == set(ids)
