"""Activities: logged on one screen, planned and completed, confirmed by somebody else."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from openpsm.accounts.models import Account
from openpsm.activities import operations, queries
from openpsm.activities.models import Activity
from openpsm.activities.operations import Told
from openpsm.buying.operations import AttitudeNote, NewIntelligence
from openpsm.core import events, memo
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.org import access
from openpsm.org.models import User
from openpsm.process import facts
from openpsm.projects.models import Project
from openpsm.projects.operations import set_team
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.activities import log_activity, plan_activity
from tests.factories.buying import make_stakeholder
from tests.factories.org import make_user
from tests.factories.projects import make_manager, make_project

pytestmark = pytest.mark.django_db
DAY = AT.date()


@pytest.fixture
def project():
    return make_project()


def event_names(root):
    return list(events.history(root).values_list("name", flat=True))


def join(project, user):
    set_team(project_id=project.pk, user_id=user.pk, role="member", by=project.owner, at=AT)
    return user


def test_log_activity_passes_the_next_step_on_to_the_project(project):
    activity = log_activity(project, next_step=" Bring samples ", hours=Decimal("1.5"))
    project.refresh_from_db()
    assert (activity.state, activity.owner, activity.department) == ("done", project.owner, project.department)
    assert (activity.account_id, activity.hours) == (project.account_id, Decimal("1.5"))
    assert (project.next_step, project.next_on) == ("Bring samples", DAY + timedelta(days=7))
    assert event_names(project)[0] == "activity.logged"


def test_a_visit_of_last_week_does_not_overwrite_the_coming_step(project):
    log_activity(project, next_step="Bring samples")
    late: dict[str, Any] = {
        "done_on": DAY - timedelta(days=9),
        "next_on": DAY - timedelta(days=2),
        "next_step": "Call again",
    }
    log_activity(project, **late)
    project.refresh_from_db()
    assert project.next_step == "Bring samples"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"result": ""}, "result"),
        ({"next_step": "无"}, "next_step"),
        ({"next_on": None}, "next_on"),
        ({"done_on": DAY + timedelta(days=1)}, "done_on"),
        ({"kind": "holiday"}, "kind"),
        ({"hours": Decimal(-1)}, "hours"),
        ({"hours": "long"}, "hours"),
        ({"cost": Decimal("-0.01")}, "cost"),
        ({"cost": Decimal("0.001")}, "cost"),
        ({"cost_currency": "yuan"}, "cost_currency"),
        ({"state": "done"}, "state"),
        ({"client_key": "x" * 65}, "client_key"),
        ({"account_id": 999_999}, "account_id"),
        ({"also": Told(stakeholder_ids=[999_999])}, "stakeholder_ids"),
        ({"also": Told(contact_ids=[999_999])}, "contact_ids"),
        ({"also": Told(colleague_ids=[999_999])}, "colleague_ids"),
        ({"also": Told(intelligence=[NewIntelligence("need", "known", "", "customer")])}, "intelligence.0.text"),
        ({"project_id": None}, "project_id"),
    ],
)
def test_log_activity_refuses_and_leaves_nothing(project, fields, field):
    before = event_names(project)
    with pytest.raises(InvalidInput) as caught:
        log_activity(project, **fields)
    assert list(caught.value.errors) == [field]
    assert (Activity.objects.count(), event_names(project)) == (0, before)


def test_everything_noticed_on_a_visit_goes_with_one_call(project):
    chief, deputy = make_stakeholder(project, attitude=0), make_stakeholder(project)
    contact = make_contact("李明", account=project.account)
    colleague = make_user(department=project.department)
    also = Told(
        stakeholder_ids=[chief.pk],
        contact_ids=[contact.pk],
        colleague_ids=[colleague.pk, project.owner_id],
        attitudes=[AttitudeNote(chief.pk, 1, "Asked for samples"), AttitudeNote(deputy.pk, -1, "Silent all the time")],
        intelligence=[
            NewIntelligence("budget", "known", "1.2 million granted", "customer"),
            NewIntelligence("decision", "unknown", ask_by=DAY + timedelta(days=5)),
        ],
    )
    activity = log_activity(project, also=also)
    chief.refresh_from_db()
    deputy.refresh_from_db()
    met = list(activity.people.order_by("pk").values_list("stakeholder_id", "contact_id"))
    assert met == [(chief.pk, None), (None, contact.pk)]
    assert list(activity.colleagues.values_list("user_id", flat=True)) == [colleague.pk]
    assert (chief.attitude, chief.contacted_on, deputy.attitude, deputy.contacted_on) == (1, DAY, -1, None)
    known = facts.about(project.pk, DAY)
    assert (known["intelligence.budget"], known["people.contacted"]) == ("known", 1)
    names = event_names(project)
    assert {name: names.count(name) for name in set(names) if "." in name and name.split(".")[1] != "created"} == {
        "activity.logged": 1,
        "stakeholder.attitude_changed": 3,
        "stakeholder.added": 2,
        "intelligence.added": 2,
        "task.opened": 1,
    }


def test_meeting_a_contact_counts_for_their_part_in_the_project(project):
    contact = make_contact("李明", account=project.account)
    person = make_stakeholder(project, contact_id=contact.pk, project_role="final_decider")
    activity = log_activity(project, also=Told(contact_ids=[contact.pk]))
    person.refresh_from_db()
    assert person.contacted_on == DAY
    assert list(activity.people.values_list("stakeholder_id", "contact_id")) == [(person.pk, contact.pk)]


def test_an_earlier_meeting_does_not_turn_back_the_last_contact(project):
    person = make_stakeholder(project, contacted_on=DAY)
    log_activity(project, done_on=DAY - timedelta(days=9), also=Told(stakeholder_ids=[person.pk]))
    person.refresh_from_db()
    assert person.contacted_on == DAY


def test_what_is_sent_twice_is_written_once(project):
    first = log_activity(project, client_key="phone-17")
    again = log_activity(project, client_key="phone-17", result="Something else")
    assert (again.pk, again.result, Activity.objects.count()) == (first.pk, first.result, 1)
    assert event_names(project).count("activity.logged") == 1
    other = log_activity(project, client_key="phone-17", by=make_manager(project))
    assert other.pk != first.pk


def test_an_activity_without_project_belongs_to_the_account():
    account = make_account()
    owner = account.owner
    assert owner is not None
    values: dict[str, Any] = {"done_on": DAY, "result": "Heard of a project", "next_step": "Call", "next_on": DAY}
    activity = operations.log_activity(account_id=account.pk, by=owner, at=AT, **values)
    assert (activity.project, event_names(account)[0]) == (None, "activity.logged")
    assert queries.timeline(account, user=owner) == [activity]
    also = Told(attitudes=[AttitudeNote(1, 1, "Smiled")])
    with pytest.raises(InvalidInput) as caught:
        operations.log_activity(account_id=account.pk, by=owner, at=AT, also=also, **values)
    assert list(caught.value.errors) == ["project_id"]
    with pytest.raises(Account.DoesNotExist):
        operations.log_activity(account_id=account.pk, by=make_user(), at=AT, **values)


def test_log_activity_is_for_those_who_work_on_the_project(project):
    presales = join(project, make_user(roles=("presales",), department=project.department))
    assert log_activity(project, by=presales).owner == presales
    with pytest.raises(NotAllowed):
        log_activity(project, by=make_user(roles=("finance",)))
    with pytest.raises(Project.DoesNotExist):
        log_activity(project, by=make_user())


def test_plan_then_complete(project):
    plan = plan_activity(project)
    assert (plan.state, facts.about(project.pk, DAY)["activities.last_done_days"]) == ("planned", None)
    done = operations.complete_activity(
        activity_id=plan.pk,
        version=1,
        by=project.owner,
        at=AT,
        done_on=DAY,
        result="They liked it",
        next_step="Send the offer",
        next_on=DAY + timedelta(days=2),
    )
    assert (done.state, done.version, done.planned_on) == ("done", 2, DAY + timedelta(days=3))
    assert event_names(project)[:2] == ["activity.completed", "activity.planned"]
    with pytest.raises(DomainError) as caught:
        operations.complete_activity(activity_id=plan.pk, version=2, by=project.owner, at=AT)
    assert caught.value.code == "not-planned"


@pytest.mark.parametrize(("fields", "field"), [({"purpose": "1"}, "purpose"), ({"planned_on": None}, "planned_on")])
def test_plan_activity_refuses(project, fields, field):
    with pytest.raises(InvalidInput) as caught:
        plan_activity(project, **fields)
    assert list(caught.value.errors) == [field]


def test_completing_without_result_is_refused(project):
    plan = plan_activity(project)
    with pytest.raises(InvalidInput) as caught:
        operations.complete_activity(activity_id=plan.pk, version=1, by=project.owner, at=AT, done_on=DAY)
    assert list(caught.value.errors) == ["result", "next_step", "next_on"]


def test_cancelling_needs_a_reason(project):
    plan = plan_activity(project)
    with pytest.raises(InvalidInput):
        operations.cancel_activity(activity_id=plan.pk, version=1, reason="无", by=project.owner, at=AT)
    gone = operations.cancel_activity(
        activity_id=plan.pk, version=1, reason="They are on leave", by=project.owner, at=AT
    )
    assert (gone.state, gone.result) == ("cancelled", "They are on leave")


def visit(project, **fields):
    return log_activity(project, also=Told(stakeholder_ids=[make_stakeholder(project).pk]), **fields)


def test_a_visit_is_confirmed_by_a_colleague_or_manager_never_by_oneself(project):
    first, second = visit(project), visit(project)
    colleague = join(project, make_user(department=project.department))
    with pytest.raises(NotAllowed):
        operations.confirm_activity(activity_id=first.pk, by=project.owner, at=AT)
    operations.confirm_activity(activity_id=first.pk, by=colleague, at=AT)
    operations.confirm_activity(activity_id=second.pk, by=make_manager(project), at=AT)
    first.refresh_from_db()
    assert (first.is_confirmed, first.confirmed_by, first.confirmed_at) == (True, colleague, AT)
    assert facts.about(project.pk, DAY)["activities.confirmed_visits"] == 2


def test_outsiders_confirm_nothing(project):
    activity = visit(project)
    with pytest.raises(Activity.DoesNotExist):
        operations.confirm_activity(activity_id=activity.pk, by=make_user(), at=AT)
    with pytest.raises(NotAllowed):
        operations.confirm_activity(activity_id=activity.pk, by=make_user(roles=("finance",)), at=AT)


def test_only_a_visit_with_somebody_met_can_be_confirmed(project):
    manager = make_manager(project)
    for activity in (log_activity(project), visit(project, kind="call"), plan_activity(project)):
        with pytest.raises(DomainError) as caught:
            operations.confirm_activity(activity_id=activity.pk, by=manager, at=AT)
        assert caught.value.code == "not-confirmable"


def test_update_is_for_author_and_manager_and_not_after_confirmation(project):
    activity = visit(project)
    manager, colleague = make_manager(project), join(project, make_user(department=project.department))
    change: dict[str, Any] = {"activity_id": activity.pk, "at": AT}
    operations.update_activity(version=1, result="They want two trials", by=project.owner, **change)
    operations.update_activity(version=2, effect="Good", by=manager, **change)
    with pytest.raises(NotAllowed):
        operations.update_activity(version=3, effect="Bad", by=colleague, **change)
    with pytest.raises(Stale):
        operations.update_activity(version=2, effect="Bad", by=manager, **change)
    with pytest.raises(InvalidInput):
        operations.update_activity(version=3, result="", by=manager, **change)
    operations.confirm_activity(activity_id=activity.pk, by=manager, at=AT)
    with pytest.raises(DomainError) as caught:
        operations.update_activity(version=4, result="Never mind", by=project.owner, **change)
    assert caught.value.code == "activity-confirmed"


def test_delete_takes_the_activity_out_of_lists_and_facts(project):
    activity = log_activity(project, hours=Decimal(3))
    operations.delete_activity(activity_id=activity.pk, version=1, by=project.owner, at=AT)
    known = facts.about(project.pk, DAY)
    assert (queries.timeline(project, user=project.owner), known["activities.hours"]) == ([], 0)
    assert known["activities.last_done_days"] is None


def test_activity_facts(project):
    log_activity(project, done_on=DAY - timedelta(days=12), hours=Decimal("2.5"), cost=Decimal("100.10"))
    log_activity(project, done_on=DAY - timedelta(days=4), cost=Decimal("0.90"))
    plan_activity(project)
    answer = facts.ask([project.pk], DAY)[project.pk]["activities.last_done_days"]
    known = facts.about(project.pk, DAY)
    assert (answer.value, answer.as_of) == (4, DAY - timedelta(days=4))
    assert answer.turns_on == DAY + timedelta(days=1)
    assert (known["activities.hours"], known["activities.cost"]) == (Decimal("2.5"), Decimal(101))
    assert facts.about(project.pk, DAY + timedelta(days=3))["activities.last_done_days"] == 7


def test_timeline_is_ordered_by_day_and_for_those_who_see_it(project):
    old = log_activity(project, done_on=DAY - timedelta(days=5))
    plan = plan_activity(project)
    new = log_activity(project)
    assert queries.timeline(project, user=project.owner) == [plan, new, old]
    assert queries.timeline(project, user=make_user()) == []


@pytest.mark.parametrize("rows", [1, 50])
def test_timeline_query_count(project, rows, django_assert_num_queries):
    user = User.objects.get(pk=project.owner_id)
    place = {"account": project.account, "project": project, "owner": user, "department": project.department}
    activities = [Activity(**place, state="done", done_on=DAY, client_key=f"{number}") for number in range(rows)]
    Activity.objects.bulk_create(activities)
    person = make_stakeholder(project)
    for activity in activities:
        activity.people.create(stakeholder=person)
        activity.colleagues.create(user=user)
    access.reach(user)
    with django_assert_num_queries(3):
        shown = [
            (
                row.owner.name,
                [str(one.stakeholder) for one in row.people.all()],
                [c.user.name for c in row.colleagues.all()],
            )
            for row in queries.timeline(project, user=user)
        ]
    assert shown == [(user.name, [person.name], [user.name])] * rows


def test_logging_a_visit_stays_within_its_budget(project, django_assert_max_num_queries):
    person = make_stakeholder(project)
    user = User.objects.get(pk=project.owner_id)
    access.reach(user)
    budget = 13 + len(facts.providers()) + 2  # within a test begin and commit are a savepoint, which counts
    with memo.scope(), django_assert_max_num_queries(budget):
        log_activity(project, by=user, client_key="phone-1", also=Told(stakeholder_ids=[person.pk]))
