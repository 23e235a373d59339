"""What becomes of projects when users hand over and accounts are merged."""

from datetime import timedelta
from io import BytesIO

import pytest

from openpsm.core import attachments
from openpsm.core.errors import InvalidInput
from openpsm.core.events import Event
from openpsm.core.models import Attachment
from openpsm.projects import links
from openpsm.projects.models import Project
from openpsm.projects.operations import set_team, state_fact
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_user
from tests.factories.projects import make_owner, make_project, reloaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


def seats(project: Project) -> list[tuple[int, str]]:
    return list(project.members.order_by("user_id").values_list("user_id", "role"))


def test_a_handover_gives_projects_with_the_owners_seat_and_department(project):
    receiver, other = make_owner(), make_project(owner=project.owner)
    set_team(project_id=project.pk, user_id=receiver.pk, role="presales", by=project.owner, at=AT)
    assert links._give_projects(old=project.owner, new=receiver, by=None, at=AT, project_ids=[project.pk]) == 1
    after = reloaded(project)
    assert (after.owner, after.department, seats(after)) == (receiver, receiver.department, [(receiver.pk, "owner")])
    assert list(links._owned(project.owner)) == [other]
    event = Event.objects.get(name="project.owner_changed")
    assert (event.subject_id, event.data["old"], event.data["new"]) == (project.pk, project.owner_id, receiver.pk)


def test_nobody_without_department_receives_projects(project):
    with pytest.raises(InvalidInput):
        links._give_projects(old=project.owner, new=make_user(), by=None, at=AT)


def test_a_handover_gives_parts_in_teams_and_none_twice(project):
    leaver, receiver, other = make_user(), make_user(), make_project(owner=project.owner)
    for pk, user in ((project.pk, leaver), (other.pk, leaver), (other.pk, receiver)):
        set_team(project_id=pk, user_id=user.pk, role="presales", by=project.owner, at=AT)
    assert links._give_seats(old=leaver, new=receiver, by=None, at=AT) == 1
    expected = [(project.owner_id, "owner"), (receiver.pk, "presales")]
    assert (seats(project), seats(other)) == (expected, expected)


def test_merging_accounts_moves_projects_and_parts_and_keeps_one_of_each(project):
    kept, gone = make_account(owner=project.owner), project.account
    project.parties.create(account=gone, role="end_user")
    project.parties.create(account=kept, role="end_user")
    assert links._move_projects(kept=kept, gone=gone, by=None, at=AT) == 1
    assert links._move_parties(kept=kept, gone=gone, by=None, at=AT) == 1
    assert reloaded(project).account == kept
    assert sorted(project.parties.values_list("account_id", "role")) == [(kept.pk, "end_user"), (kept.pk, "owner")]


def test_a_file_that_is_evidence_stays_when_it_was_removed_long_ago(project):
    attachment, spare = (
        attachments.add_attachment(root=project, name=name, content=BytesIO(b"minutes"), by=project.owner, at=AT)
        for name in ("minutes.txt", "spare.txt")
    )
    state_fact(project_id=project.pk, fact="bid.submitted", by=project.owner, at=AT, attachment_id=attachment.pk)
    for each in (attachment, spare):
        attachments.remove_attachment(attachment=each, root=project, by=project.owner, at=AT)
    assert attachments.sweep(at=AT + timedelta(days=31)) == 1
    assert list(Attachment.objects.all()) == [attachment]
