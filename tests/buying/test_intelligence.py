"""Information about a project: sources, honest unknowns, tasks, confirmation."""

from datetime import timedelta

import pytest

from openpsm.buying import operations, queries
from openpsm.buying.models import IntelligenceItem
from openpsm.buying.operations import NewIntelligence
from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.org import access
from openpsm.org.field_rules import hidden_on
from openpsm.org.models import Task, User
from openpsm.process import facts
from openpsm.projects.operations import set_team
from tests.factories import AT
from tests.factories.buying import answer_elements, make_intelligence
from tests.factories.org import make_user
from tests.factories.projects import make_manager, make_project

pytestmark = pytest.mark.django_db
DAY = AT.date()


@pytest.fixture
def project():
    return make_project()


def known(project):
    return facts.about(project.pk, DAY)


def open_tasks(project):
    tasks = Task.objects.filter(project_id=project.pk, done_at=None, dropped_at=None).order_by("pk")
    return list(tasks.values_list("title", "owner_id", "due_on"))


def test_add_intelligence_dates_what_was_learnt_today(project):
    item = make_intelligence(project, "budget", text="1.2 million, granted", source="inside", source_person="李明")
    assert (item.got_on, item.ask_by, item.is_confirmed) == (DAY, None, False)
    event = events.history(project)[0]
    assert (event.name, event.data["text"]) == ("intelligence.added", "1.2 million, granted")
    assert ("source_person" in event.data, events.unseal([event])[event.seq]) == (False, {"source_person": "李明"})


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": "待定"}, "text"),
        ({"text": ""}, "text"),
        ({"source": ""}, "source"),
        ({"state": "partly", "source": ""}, "source"),
        ({"source": "dream"}, "source"),
        ({"kind": "weather"}, "kind"),
        ({"got_on": DAY + timedelta(days=1)}, "got_on"),
        ({"state": "unknown"}, "ask_by"),
        ({"state": "unknown", "ask_by": DAY - timedelta(days=1)}, "ask_by"),
    ],
)
def test_add_intelligence_refuses(project, fields, field):
    given = {"kind": "need", "state": "known", "text": "They lose bearings", "source": "customer"} | fields
    with pytest.raises(InvalidInput) as caught:
        operations.add_intelligence(project_id=project.pk, by=project.owner, at=AT, **given)
    assert list(caught.value.errors) == [field]
    assert IntelligenceItem.objects.count() == 0


def test_the_same_text_under_another_heading_is_refused(project):
    make_intelligence(project, "need", text="See the minutes of Monday")
    with pytest.raises(InvalidInput) as caught:
        make_intelligence(project, "budget", text="see the  minutes of monday.")
    assert list(caught.value.errors) == ["text"]
    make_intelligence(project, "need", text="See the minutes of Monday")


def test_unknown_makes_a_task_for_the_owner_and_the_answer_ends_it(project):
    manager = make_manager(project)
    item = make_intelligence(project, "budget", "unknown", by=manager)
    assert open_tasks(project) == [("Find out: budget", project.owner_id, item.ask_by)]
    answer = make_intelligence(project, "budget", "partly")
    item.refresh_from_db()
    assert (item.replaced_by, open_tasks(project)) == (answer, [])
    assert Task.objects.get().done_at == AT


def test_the_six_elements_as_facts(project):
    assert (known(project)["intelligence.unknown_elements"], known(project)["intelligence.need_recorded"]) == (6, False)
    make_intelligence(project, "schedule", "partly")
    make_intelligence(project, "need", "known")
    make_intelligence(project, "budget", "unknown")
    make_intelligence(project, "people", "known")
    answers = known(project)
    names = ("elements_answered", "partly_elements", "unknown_elements", "need_recorded", "need", "schedule", "budget")
    assert [answers[f"intelligence.{name}"] for name in names] == [2, 1, 4, True, "known", "partly", "unknown"]
    answer_elements(project)
    assert known(project)["intelligence.elements_answered"] == 6


def test_replace_keeps_the_old_item_in_the_history(project):
    old = make_intelligence(project, "budget", "partly", text="About a million")
    note = NewIntelligence("budget", "known", "1.2 million in the plan of 2026", "customer")
    new = operations.replace_intelligence(item_id=old.pk, note=note, version=1, by=project.owner, at=AT)
    shown = queries.information(project.pk, user=project.owner)
    assert ([item.pk for item in shown.items], [item.pk for item in shown.replaced]) == ([new.pk], [old.pk])
    with pytest.raises(IntelligenceItem.DoesNotExist):
        operations.replace_intelligence(item_id=old.pk, note=note, version=2, by=project.owner, at=AT)
    other = NewIntelligence("need", "known", "Bearings fail", "customer")
    with pytest.raises(InvalidInput) as caught:
        operations.replace_intelligence(item_id=new.pk, note=other, version=1, by=project.owner, at=AT)
    assert list(caught.value.errors) == ["kind"]


def test_confirming_and_correcting(project):
    item = make_intelligence(project, "budget", "partly")
    manager = make_manager(project)
    confirmed = operations.confirm_intelligence(item_id=item.pk, by=manager, at=AT)
    assert (confirmed.is_confirmed, confirmed.confirmed_by, confirmed.version) == (True, manager, 2)
    corrected = operations.update_intelligence(
        item_id=item.pk, version=2, text="Half a million", by=project.owner, at=AT
    )
    assert (corrected.is_confirmed, corrected.confirmed_by, corrected.version) == (False, None, 3)
    with pytest.raises(Stale):
        operations.update_intelligence(item_id=item.pk, version=2, text="A million", by=project.owner, at=AT)


def test_correcting_to_unknown_asks_again(project):
    item = make_intelligence(project, "budget", "partly")
    ask_by = DAY + timedelta(days=2)
    operations.update_intelligence(item_id=item.pk, version=1, state="unknown", ask_by=ask_by, by=project.owner, at=AT)
    assert open_tasks(project) == [("Find out: budget", project.owner_id, ask_by)]
    later = ask_by + timedelta(days=5)
    operations.update_intelligence(item_id=item.pk, version=2, ask_by=later, by=project.owner, at=AT)
    assert open_tasks(project) == [("Find out: budget", project.owner_id, later)]


def test_nothing_to_confirm_while_unknown(project):
    item = make_intelligence(project, "budget", "unknown")
    with pytest.raises(DomainError) as caught:
        operations.confirm_intelligence(item_id=item.pk, by=project.owner, at=AT)
    assert caught.value.code == "nothing-to-confirm"


def test_removing_ends_the_task_and_the_answer(project):
    item = make_intelligence(project, "budget", "unknown")
    operations.remove_intelligence(item_id=item.pk, version=1, by=project.owner, at=AT)
    assert (open_tasks(project), queries.information(project.pk, user=project.owner).items) == ([], [])


def test_information_is_written_by_the_team_only(project):
    with pytest.raises(NotAllowed):
        make_intelligence(project, by=make_user(roles=("finance",)))
    item = make_intelligence(project)
    with pytest.raises(IntelligenceItem.DoesNotExist):
        operations.confirm_intelligence(item_id=item.pk, by=make_user(), at=AT)


def test_an_inside_source_is_named_to_the_authors_line_of_command_only(project):
    inside = make_intelligence(project, "need", source="inside", source_person="李明")
    make_intelligence(project, "budget", source="public", source_person="Tender gazette")
    colleague, manager = make_user(department=project.department), make_manager(project)
    set_team(project_id=project.pk, user_id=colleague.pk, role="member", by=project.owner, at=AT)
    shown = {
        user.pk: [item.source_person for item in queries.information(project.pk, user=user).items]
        for user in (project.owner, manager, colleague)
    }
    full, hidden = ["Tender gazette", "李明"], ["Tender gazette", ""]
    assert shown == {project.owner_id: full, manager.pk: full, colleague.pk: hidden}
    assert ["source_person" in hidden_on(user, inside) for user in (project.owner, colleague)] == [False, True]


@pytest.mark.parametrize("rows", [1, 50])
def test_information_query_count(project, rows, django_assert_num_queries):
    user = User.objects.get(pk=project.owner_id)
    stamps = {"author": user, "created_by": user, "created_at": AT, "updated_at": AT}
    IntelligenceItem.objects.bulk_create(
        IntelligenceItem(project=project, kind="need", state="known", text=f"Text {number}", source="site", **stamps)
        for number in range(rows)
    )
    access.reach(user)
    with django_assert_num_queries(1):
        shown = queries.information(project.pk, user=user)
    assert (len(shown.items), shown.elements["need"], shown.chain["needs"]) == (rows, "known", 50)
