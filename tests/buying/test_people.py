"""People of the buying decision: adding, changing, weighing, attitudes."""

from datetime import timedelta

import pytest

from openpsm.buying import operations, queries
from openpsm.buying.models import AttitudeChange, Stakeholder
from openpsm.core import events, memo
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.org import access
from openpsm.org.models import User
from openpsm.process import facts
from openpsm.projects.models import Project
from openpsm.projects.operations import set_party
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.buying import make_contender, make_label, make_stakeholder
from tests.factories.org import make_user
from tests.factories.projects import make_manager, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


def known(project):
    return facts.about(project.pk, AT.date())


def test_add_stakeholder_takes_name_post_and_account_from_the_contact(project):
    contact = make_contact("李明", account=project.account, title="Chief engineer")
    person = make_stakeholder(project, contact_id=contact.pk)
    assert (person.name, person.title, person.account_id) == ("李明", "Chief engineer", project.account_id)
    assert person.is_outside is False


def test_add_stakeholder_names_a_post_whose_holder_is_unknown(project):
    person = make_stakeholder(project, "Finance director", project_role="final_decider", has_veto=True)
    assert (person.contact, person.account_id, person.version) == (None, project.account_id, 1)


def test_add_stakeholder_of_another_account_stands_outside_unless_it_owns_or_uses(project):
    institute, user = (make_account(owner=project.owner) for _number in range(2))
    set_party(project_id=project.pk, account_id=user.pk, role="end_user", by=project.owner, at=AT)
    people = [make_stakeholder(project, account_id=account.pk) for account in (institute, user)]
    assert [person.is_outside for person in people] == [True, False]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "无"}, "name"),
        ({"buying_roles": ["king"]}, "buying_roles"),
        ({"weight": 101}, "weight"),
        ({"power_class": 7}, "power_class"),
        ({"project_role": "boss"}, "project_role"),
        ({"cover_id": 999_999}, "cover_id"),
        ({"reports_to_id": 999_999}, "reports_to_id"),
        ({"contact_id": 999_999}, "contact_id"),
        ({"account_id": 999_999}, "account_id"),
        ({"attitude": 3}, "attitudes.0.value"),
        ({"attitude": 1, "attitude_reason": "1"}, "attitudes.0.reason"),
        ({"shoe_size": 43}, "shoe_size"),
        ({"custom": {"hobby": "golf"}}, "custom.hobby"),
    ],
)
def test_add_stakeholder_refuses(project, fields, field):
    with pytest.raises(InvalidInput) as caught:
        make_stakeholder(project, **fields)
    assert list(caught.value.errors) == [field]
    assert Stakeholder.objects.count() == 0


def test_a_contact_stands_once_in_a_project_and_again_after_removal(project):
    contact = make_contact(account=project.account)
    first = make_stakeholder(project, contact_id=contact.pk)
    with pytest.raises(InvalidInput) as caught:
        make_stakeholder(project, contact_id=contact.pk)
    assert list(caught.value.errors) == ["contact_id"]
    operations.remove_stakeholder(stakeholder_id=first.pk, version=1, by=project.owner, at=AT)
    assert make_stakeholder(project, contact_id=contact.pk).pk != first.pk


def test_contacts_of_accounts_that_the_user_does_not_see_cannot_be_chosen(project):
    foreign = make_contact(account=make_account())
    with pytest.raises(InvalidInput) as caught:
        make_stakeholder(project, contact_id=foreign.pk)
    assert list(caught.value.errors) == ["contact_id"]


def test_people_are_changed_by_the_team_and_those_above(project):
    person = make_stakeholder(project)
    manager, finance, stranger = make_manager(project), make_user(roles=("finance",)), make_user()
    operations.update_stakeholder(stakeholder_id=person.pk, version=1, title="Director", by=manager, at=AT)
    with pytest.raises(NotAllowed):
        operations.update_stakeholder(stakeholder_id=person.pk, version=2, title="Boss", by=finance, at=AT)
    with pytest.raises(Stakeholder.DoesNotExist):
        operations.update_stakeholder(stakeholder_id=person.pk, version=2, title="Boss", by=stranger, at=AT)
    with pytest.raises(Project.DoesNotExist):
        make_stakeholder(project, by=stranger)
    with pytest.raises(Stale):
        operations.update_stakeholder(stakeholder_id=person.pk, version=1, title="Boss", by=manager, at=AT)


def test_update_stakeholder_seals_what_is_personal(project):
    contact = make_contact("李明", account=project.account)
    person = make_stakeholder(project, contact_id=contact.pk)
    operations.update_stakeholder(
        stakeholder_id=person.pk, version=1, name="李明华", power_class=3, by=project.owner, at=AT
    )
    event = events.history(project).first()
    assert event is not None
    assert (event.name, event.data["changed"]) == ("stakeholder.changed", {"power_class": [None, 3]})
    assert event.data["personal"] == ["name"]
    assert events.unseal([event])[event.seq] == {"name": ["李明", "李明华"]}
    assert events.erase(contact) is True
    assert events.unseal([event]) == {}


def test_update_stakeholder_that_changes_nothing_leaves_no_trace(project):
    person = make_stakeholder(project, title="Director")
    before = events.history(project).count()
    operations.update_stakeholder(stakeholder_id=person.pk, version=1, title=" Director ", by=project.owner, at=AT)
    person.refresh_from_db()
    assert (person.version, events.history(project).count()) == (1, before)


def test_nobody_reports_in_a_circle(project):
    chief = make_stakeholder(project)
    deputy = make_stakeholder(project, reports_to_id=chief.pk)
    worker = make_stakeholder(project, reports_to_id=deputy.pk)
    for superior in (worker, chief):
        with pytest.raises(InvalidInput) as caught:
            operations.update_stakeholder(
                stakeholder_id=chief.pk, version=1, reports_to_id=superior.pk, by=project.owner, at=AT
            )
        assert list(caught.value.errors) == ["reports_to_id"]


def test_whoever_reported_to_a_removed_person_reports_to_their_superior(project):
    chief = make_stakeholder(project)
    deputy = make_stakeholder(project, reports_to_id=chief.pk)
    worker = make_stakeholder(project, reports_to_id=deputy.pk)
    operations.remove_stakeholder(stakeholder_id=deputy.pk, version=1, by=project.owner, at=AT)
    worker.refresh_from_db()
    assert worker.reports_to == chief
    assert [row.stakeholder for row in queries.people(project.pk, user=project.owner).rows] == [chief, worker]


def test_set_weights_changes_several_at_once_and_shows_them_normalised(project):
    first, second, third = (make_stakeholder(project) for _number in range(3))
    changed = operations.set_weights(
        project_id=project.pk, weights={first.pk: 60, second.pk: 30, third.pk: None}, by=project.owner, at=AT
    )
    shown = queries.people(project.pk, user=project.owner)
    assert [person.pk for person in changed] == [first.pk, second.pk]
    assert ([row.shown_weight for row in shown.rows], shown.is_normalised) == ([67, 33, None], True)
    assert list(events.history(project).values_list("name", flat=True)[:2]) == ["stakeholder.weighed"] * 2


def test_set_weights_refuses_strangers_and_what_is_no_percentage(project):
    person, other = make_stakeholder(project), make_stakeholder(make_project())
    with pytest.raises(DomainError) as caught:
        operations.set_weights(project_id=project.pk, weights={other.pk: 10}, by=project.owner, at=AT)
    assert caught.value.code == "stakeholder-gone"
    with pytest.raises(InvalidInput):
        operations.set_weights(project_id=project.pk, weights={person.pk: 101}, by=project.owner, at=AT)


def test_set_attitude_keeps_the_history_with_reasons(project):
    person = make_stakeholder(project, attitude=-1)
    operations.set_attitude(
        stakeholder_id=person.pk, value=2, reason="Asked for our wording", by=project.owner, at=AT + timedelta(days=3)
    )
    person.refresh_from_db()
    row = queries.people(project.pk, user=project.owner).rows[0]
    assert (person.attitude, person.attitude_on) == (2, AT.date() + timedelta(days=3))
    assert [change.value for change in row.attitudes] == [2, -1]
    assert row.attitudes[0].reason == "Asked for our wording"


def test_the_bosss_attitude_answers_the_projects_question(project):
    boss = make_stakeholder(project, is_boss=True)
    assert known(project)["project.boss_attitude_known"] is False
    operations.set_attitude(stakeholder_id=boss.pk, value=0, reason="Polite, asked nothing", by=project.owner, at=AT)
    project.refresh_from_db()
    assert (project.boss_attitude, project.boss_attitude_source) == (0, "Polite, asked nothing")
    assert known(project)["project.boss_attitude_known"] is True


def test_an_attitude_to_a_rival_leaves_the_one_to_us_alone(project):
    person, rival = make_stakeholder(project, attitude=1), make_contender(project)
    operations.set_attitude(
        stakeholder_id=person.pk, value=2, reason="Their old friend", contender_id=rival.pk, by=project.owner, at=AT
    )
    person.refresh_from_db()
    assert (person.attitude, AttitudeChange.objects.filter(contender=rival).get().value) == (1, 2)


def test_an_attitude_to_a_rival_of_another_project_is_refused(project):
    person, foreign = make_stakeholder(project), make_contender(make_project())
    with pytest.raises(InvalidInput):
        operations.set_attitude(
            stakeholder_id=person.pk, value=2, reason="Old friends", contender_id=foreign.pk, by=project.owner, at=AT
        )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"value": 3}, "attitudes.0.value"),
        ({"reason": ""}, "attitudes.0.reason"),
        ({"seen_on": AT.date() + timedelta(days=1)}, "attitudes.0.seen_on"),
    ],
)
def test_set_attitude_refuses(project, fields, field):
    person = make_stakeholder(project)
    with pytest.raises(InvalidInput) as caught:
        operations.set_attitude(
            stakeholder_id=person.pk, by=project.owner, at=AT, **({"value": 1, "reason": "Smiled at us"} | fields)
        )
    assert list(caught.value.errors) == [field]


def test_people_facts(project):
    institute = make_account(owner=project.owner)
    set_party(project_id=project.pk, account_id=institute.pk, role="design_institute", by=project.owner, at=AT)
    day = AT.date()
    make_stakeholder(project, project_role="final_decider", has_veto=True, contacted_on=day, attitude=-1)
    make_stakeholder(project, project_role="technical_head", contacted_on=day)
    make_stakeholder(project, buying_roles=["user"], contacted_on=day)
    make_stakeholder(project, account_id=institute.pk, contacted_on=day, attitude=1)
    make_stakeholder(project, has_veto=True)
    answers = known(project)
    assert {name: answers[f"people.{name}"] for name in ("contacted", "outside_allies", "veto_uncontacted")} == {
        "contacted": 4,
        "outside_allies": 1,
        "veto_uncontacted": 1,
    }
    assert (answers["people.veto_negative"], answers["people.key_roles_contacted"]) == (1, False)
    assert (answers["people.decider_contacted"], answers["people.purchaser_contacted"]) == (True, False)
    assert (answers["people.design_institute_contacted"], answers["people.expected_role_contacted"]) == (True, True)
    make_stakeholder(project, is_purchasing=True, contacted_on=day)
    assert known(project)["people.key_roles_contacted"] is True


def test_removed_people_do_not_count(project):
    person = make_stakeholder(project, contacted_on=AT.date())
    operations.remove_stakeholder(stakeholder_id=person.pk, version=1, by=project.owner, at=AT)
    assert known(project)["people.contacted"] == 0


@pytest.mark.parametrize("rows", [1, 50])
def test_people_query_count(project, rows, django_assert_num_queries):
    user = User.objects.get(pk=project.owner_id)
    people = [
        Stakeholder(project=project, account=project.account, name=f"Person {number}", power_class=2, cover=user)
        for number in range(rows)
    ]
    Stakeholder.objects.bulk_create(people)
    for person in people[:3]:
        operations.set_attitude(stakeholder_id=person.pk, value=1, reason="Smiled at us", by=user, at=AT)
        make_label(person, by=user)
    access.reach(user)
    with django_assert_num_queries(3):
        shown = queries.people(project.pk, user=user).rows
        names = [(str(row.stakeholder.account), str(row.stakeholder.cover), len(row.labels)) for row in shown]
        assert [change.by.name for row in shown for change in row.attitudes] == [user.name] * min(rows, 3)
    assert len(names) == rows


def test_a_write_stays_within_its_budget(project, django_assert_max_num_queries):
    user = User.objects.get(pk=project.owner_id)
    person = make_stakeholder(project, attitude=0)
    budget = 12 + len(facts.providers()) + 2  # within a test begin and commit are a savepoint, which counts
    with memo.scope(), django_assert_max_num_queries(budget):
        operations.update_stakeholder(stakeholder_id=person.pk, version=2, power_class=4, by=user, at=AT)
    with memo.scope(), django_assert_max_num_queries(budget):
        operations.set_attitude(stakeholder_id=person.pk, value=1, reason="Smiled at us", by=user, at=AT)
