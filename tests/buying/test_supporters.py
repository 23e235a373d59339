"""Supporter labels: conditions, secrecy, counts."""

import json

import pytest

from openpsm.buying import links, operations, queries
from openpsm.buying.models import SupporterLabel
from openpsm.buying.operations import LabelRefused
from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed
from openpsm.org import access
from openpsm.org.field_rules import hidden_on, may_filter
from openpsm.process import facts
from openpsm.projects.models import ProjectFacts
from openpsm.projects.operations import set_team
from tests.factories import AT
from tests.factories.accounts import make_contact
from tests.factories.buying import make_label, make_stakeholder
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_manager, make_project

pytestmark = pytest.mark.django_db
SECRET = "Told us who sits on the committee"
NO_INSIDER = (
    "Not an insider yet. An insider sees at least what is going on and shares it with us; the power class is too low."
)


@pytest.fixture
def project():
    return make_project()


def count(project):
    known = facts.about(project.pk, AT.date())
    return tuple(known[f"people.{name}"] for name in ("insiders", "sponsors", "coaches", "supporters"))


@pytest.mark.parametrize(
    ("person", "kind", "gaps", "message"),
    [
        (
            {"power_class": 1},
            "insider",
            ["power_too_low"],
            NO_INSIDER,
        ),
        (
            {"power_class": 2},
            "sponsor",
            ["power_too_low"],
            "Not a sponsor yet. Someone without power or influence cannot carry us; the power class is too low.",
        ),
        (
            {"attitude": 0},
            "coach",
            ["not_positive"],
            "Not a coach yet. A coach is on our side and guides our moves; the attitude to us is not positive.",
        ),
    ],
)
def test_a_label_is_refused_with_the_condition_that_fails(project, person, kind, gaps, message):
    stakeholder = make_stakeholder(project, **person)
    with pytest.raises(LabelRefused) as caught:
        make_label(stakeholder, kind)
    assert (caught.value.code, caught.value.details, str(caught.value)) == ("label-refused", {"gaps": gaps}, message)
    assert SupporterLabel.objects.count() == 0


def test_an_insider_who_shows_no_sign_of_sharing_is_refused(project):
    with pytest.raises(LabelRefused) as caught:
        make_label(make_stakeholder(project, power_class=4), shares_information=False)
    assert caught.value.details["gaps"] == ["does_not_share"]


def test_supporters_are_counted_each_person_once(project):
    core = make_stakeholder(project, power_class=4, attitude=2)
    outside = make_stakeholder(project, is_outside=True, attitude=1)
    for kind in ("insider", "sponsor", "coach"):
        make_label(core, kind)
    make_label(outside, "coach")
    assert count(project) == (1, 1, 2, 2)
    judged = queries.supporters(facts.about(project.pk, AT.date()))
    assert (judged.counts, judged.missing, judged.advice) == ({"insider": 1, "sponsor": 1, "coach": 2}, [], "find_more")


def test_a_label_counts_only_while_its_conditions_hold(project):
    person = make_stakeholder(project, power_class=3, attitude=1)
    make_label(person, "coach")
    operations.set_attitude(stakeholder_id=person.pk, value=-1, reason="Turned away from us", by=project.owner, at=AT)
    assert count(project) == (0, 0, 0, 0)


def test_an_ended_label_and_one_of_a_removed_person_do_not_count(project):
    ended = make_label(make_stakeholder(project, power_class=2))
    gone = make_stakeholder(project, power_class=2)
    make_label(gone)
    assert count(project)[0] == 2
    operations.end_label(label_id=ended.pk, reason="Left the company", by=project.owner, at=AT)
    operations.remove_stakeholder(stakeholder_id=gone.pk, version=1, by=project.owner, at=AT)
    assert count(project)[0] == 0


def test_labels_are_read_by_the_authors_line_of_command_only(project):
    label = make_label(make_stakeholder(project, power_class=2))
    manager = make_manager(project)
    colleague = make_user(department=project.department)
    elsewhere = make_user(roles=("sales-manager",), manages=make_department())
    for member in (colleague, elsewhere):
        set_team(project_id=project.pk, user_id=member.pk, role="member", by=project.owner, at=AT)
    executive = make_user(roles=("executive",))
    seen = {
        name: [one.pk for row in queries.people(project.pk, user=user).rows for one in row.labels]
        for name, user in {
            "owner": project.owner,
            "manager": manager,
            "colleague": colleague,
            "elsewhere": elsewhere,
            "executive": executive,
        }.items()
    }
    assert seen == {"owner": [label.pk], "manager": [label.pk], "colleague": [], "elsewhere": [], "executive": []}


def test_labels_are_secret_by_row_and_never_filterable(project):
    label = make_label(make_stakeholder(project, power_class=2))
    colleague = make_user(department=project.department)
    assert {"stakeholder", "kind", "reason", "author"} <= hidden_on(colleague, label)
    assert "kind" not in hidden_on(project.owner, label)
    assert may_filter(project.owner, SupporterLabel, "kind") is False


def test_events_about_labels_hold_nobodys_identity_openly(project):
    contact = make_contact("李明", account=project.account)
    person = make_stakeholder(project, contact_id=contact.pk, power_class=2)
    label = make_label(person, reason=SECRET)
    operations.end_label(label_id=label.pk, reason="Left the company", by=project.owner, at=AT)
    ended, labelled = events.history(project)[:2]
    assert (labelled.name, ended.name) == ("supporter.labelled", "supporter.label_ended")
    for event in (labelled, ended):
        assert list(event.data) == ["sealed"]
        assert (event.subject_type, event.subject_id) == ("buying.supporterlabel", label.pk)
        plain = json.dumps([event.data, event.sealed], ensure_ascii=False)
        assert [word for word in ("李明", SECRET, "insider", "Left") if word in plain] == []
    opened = events.unseal([labelled, ended])
    assert opened[labelled.seq] == {"stakeholder": person.pk, "name": "李明", "kind": "insider", "reason": SECRET}
    assert opened[ended.seq]["ended_because"] == "Left the company"
    events.erase(contact)
    assert (events.unseal([labelled, ended]), events.verify()) == ({}, [])


def test_kept_facts_hold_numbers_only(project):
    make_label(make_stakeholder(project, "李明", power_class=2))
    kept = ProjectFacts.objects.get(pk=project.pk).answers
    assert kept["people.insiders"] == {"value": 1}
    assert "李明" not in json.dumps(kept, ensure_ascii=False)


def test_two_authors_may_label_the_same_person_without_learning_of_each_other(project):
    person = make_stakeholder(project, power_class=2)
    colleague = make_user(department=project.department)
    set_team(project_id=project.pk, user_id=colleague.pk, role="member", by=project.owner, at=AT)
    make_label(person)
    make_label(person, by=colleague)
    assert count(project)[0] == 1
    with pytest.raises(DomainError) as caught:
        make_label(person)
    assert caught.value.code == "label-exists"


def test_only_readers_of_labels_give_and_end_them(project):
    person = make_stakeholder(project, power_class=2)
    label = make_label(person)
    colleague = make_user(department=project.department)
    set_team(project_id=project.pk, user_id=colleague.pk, role="member", by=project.owner, at=AT)
    with pytest.raises(SupporterLabel.DoesNotExist):
        operations.end_label(label_id=label.pk, reason="No", by=colleague, at=AT)
    with pytest.raises(NotAllowed):
        make_label(person, by=make_user(roles=("finance",)))


@pytest.mark.parametrize(("fields", "field"), [({"reason": "..."}, "reason"), ({"kind": "spy"}, "kind")])
def test_label_supporter_refuses(project, fields, field):
    person = make_stakeholder(project, power_class=2)
    given = {"kind": "insider", "reason": SECRET, "shares_information": True} | fields
    with pytest.raises(InvalidInput) as caught:
        operations.label_supporter(stakeholder_id=person.pk, by=project.owner, at=AT, **given)
    assert list(caught.value.errors) == [field]


def test_a_handover_gives_the_labels_to_the_receiver(project):
    first, second = (make_stakeholder(project, power_class=2) for _number in range(2))
    receiver = make_user(department=project.department)
    set_team(project_id=project.pk, user_id=receiver.pk, role="member", by=project.owner, at=AT)
    make_label(first)
    make_label(second)
    make_label(first, by=receiver)
    moved = links._give_labels(old=project.owner, new=receiver, by=None, at=AT)
    access.forget(receiver)
    assert (moved, SupporterLabel.objects.visible_to(receiver).count(), count(project)[0]) == (1, 2, 2)
