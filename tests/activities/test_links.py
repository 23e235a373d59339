"""What becomes of activities when users hand over, and when accounts and contacts are merged."""

import pytest

from openpsm.activities import links
from openpsm.activities.models import Activity
from openpsm.activities.operations import Told
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.activities import log_activity, plan_activity
from tests.factories.org import make_user
from tests.factories.projects import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


def test_a_handover_gives_plans_and_leaves_what_was_done(project):
    receiver = make_user()
    done, plan = log_activity(project, client_key="phone-1"), plan_activity(project)
    assert list(links._planned(project.owner)) == [plan]
    assert links._give_plans(old=project.owner, new=receiver, by=None, at=AT) == 1
    owners = dict(Activity.objects.values_list("pk", "owner_id"))
    assert owners == {done.pk: project.owner_id, plan.pk: receiver.pk}


def test_merging_accounts_moves_their_activities(project):
    kept = make_account(owner=project.owner)
    activity = log_activity(project)
    assert links._move_account(kept=kept, gone=project.account, by=None, at=AT) == 1
    activity.refresh_from_db()
    assert activity.account == kept


def test_merging_contacts_keeps_one_of_them_at_each_meeting(project):
    kept, gone = (make_contact(name, account=project.account) for name in ("李明", "李鸣"))
    both = log_activity(project, also=Told(contact_ids=[kept.pk, gone.pk]))
    alone = log_activity(project, also=Told(contact_ids=[gone.pk]))
    links._move_contact(kept=kept, gone=gone, by=None, at=AT)
    assert [list(one.people.values_list("contact_id", flat=True)) for one in (both, alone)] == [[kept.pk], [kept.pk]]
    assert list(links._met(kept).order_by("pk")) == [both, alone]
