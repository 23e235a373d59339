"""What becomes of people when users hand over, and when accounts and contacts are merged or erased."""

import pytest

from openpsm.buying import links, operations, queries
from openpsm.buying.models import Stakeholder
from openpsm.core.events import Event, unseal
from openpsm.projects.operations import set_team
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.buying import make_intelligence, make_label, make_stakeholder
from tests.factories.org import make_user
from tests.factories.projects import make_owner, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


def test_a_handover_gives_the_cover_of_people_to_the_receiver(project):
    receiver = make_user()
    person = make_stakeholder(project, cover_id=project.owner_id)
    assert list(links._covered(project.owner)) == [person]
    assert links._give_cover(old=project.owner, new=receiver, by=None, at=AT) == 1
    person.refresh_from_db()
    assert (person.cover, person.version) == (receiver, 2)


def test_a_handover_gives_inside_sources_to_the_receiver(project):
    receiver = make_owner()
    item = make_intelligence(project, source="inside", source_person="Engineer Wang")
    set_team(project_id=project.pk, user_id=receiver.pk, role="assistant", by=project.owner, at=AT)
    assert queries.information(project.pk, user=receiver).items[0].source_person == ""
    assert links._give_intelligence(old=project.owner, new=receiver, by=None, at=AT) == 1
    assert [one.source_person for one in queries.information(project.pk, user=receiver).items] == ["Engineer Wang"]
    item.refresh_from_db()
    assert (item.created_by, item.author) == (project.owner, receiver)


def test_merging_accounts_moves_the_people(project):
    kept, gone = make_account(owner=project.owner), make_account(owner=project.owner)
    person = make_stakeholder(project, account_id=gone.pk)
    assert links._move_account(kept=kept, gone=gone, by=None, at=AT) == 1
    person.refresh_from_db()
    assert person.account == kept


def test_merging_contacts_leaves_one_part_in_each_project(project):
    kept, gone = (make_contact(name, account=project.account) for name in ("李明", "李鸣"))
    both = [make_stakeholder(project, contact_id=contact.pk) for contact in (kept, gone)]
    elsewhere = make_project(account=project.account, owner=project.owner)
    alone = make_stakeholder(elsewhere, contact_id=gone.pk)
    links._move_contact(kept=kept, gone=gone, by=None, at=AT)
    assert list(Stakeholder.objects.live().order_by("pk")) == [both[0], alone]
    assert set(Stakeholder.objects.values_list("contact_id", flat=True)) == {kept.pk}


def test_erasing_a_contact_forgets_the_placeholder_and_the_source_it_was(project):
    person = make_stakeholder(project, "Li Ming of purchasing")
    contact = make_contact("李明", account=project.account)
    operations.update_stakeholder(
        stakeholder_id=person.pk, contact_id=contact.pk, version=None, by=project.owner, at=AT
    )
    item = make_intelligence(project, source_person="李明, on the phone")
    links._erase_contact(target=contact, by=None, at=AT)
    item.refresh_from_db()
    opened = unseal(Event.objects.filter(name__in=["stakeholder.added", "intelligence.added"]))
    assert (item.source_person, opened) == ("", {})


def test_erasing_a_contact_leaves_the_part_without_the_person(project):
    contact = make_contact("李明", account=project.account, title="Chief engineer")
    person = make_stakeholder(project, contact_id=contact.pk, power_class=2, attitude=1, note="Likes tea")
    label = make_label(person)
    assert links._erase_contact(target=contact, by=None, at=AT) == 1
    person.refresh_from_db()
    label.refresh_from_db()
    assert (person.name, person.title, person.note, person.attitude) == ("—", "", "", 1)
    assert (label.reason, [change.reason for change in person.attitude_changes.all()]) == ("", [""])
