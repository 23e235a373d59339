"""The demo company goes, and leaves alone what is not its."""

import pytest
from django.db import transaction
from django.utils import timezone

from openpsm.accounts.models import Account, AccountVolume, Contact, LossRecord
from openpsm.activities.models import Activity
from openpsm.catalog.models import Product
from openpsm.core.errors import DomainError, NotAllowed
from openpsm.core.models import Attachment, Event
from openpsm.duplicates.models import DuplicatePair
from openpsm.exchange.demo import load_demo
from openpsm.exchange.demo.deleting import delete_demo, in_the_way, remaining
from openpsm.insights.models import Alert
from openpsm.org.models import Approval, Department, Handover, HandoverItem, Task, User
from openpsm.projects.models import Project, ProjectTotal
from openpsm.projects.operations import rebuild_totals
from openpsm.registrations.models import Arbitration, PoolStay
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
#: Nothing of these is anybody's own in these tests.
GONE = (Alert, Approval, Arbitration, AccountVolume, DuplicatePair, Handover, HandoverItem, LossRecord, PoolStay)
KINDS = (Project, Account, Contact, Activity, Product, Department, Task)


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """The demo company in a real installation, whose first administrator asked for it."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_demo(AT, language="zh-hans")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def boss(demo):
    return User.objects.get(username="admin")


@pytest.fixture
def own(boss):
    """Somebody of one's own, with a customer, a project and a department beside the demo's."""
    seller = make_user("own.seller", department=make_department("真实销售部"))
    account = make_account(owner=seller, name="江阴真实机械有限公司")
    return make_project("真实项目", owner=seller, account=account)


def test_the_demo_goes_and_ones_own_stays(boss, own):
    before = Event.objects.count()
    assert all(model.objects.exists() for model in GONE)
    made = delete_demo(by=boss, at=timezone.now())
    assert len(made.projects) >= 25
    assert [model.objects.count() for model in KINDS] == [1, 1, 0, 0, 0, 1, 0]
    assert Attachment.objects.count() == 0
    assert [model.objects.count() for model in GONE] == [0] * len(GONE)
    assert set(User.objects.active().values_list("username", flat=True)) == {"admin", "own.seller"}
    assert not User.objects.filter(is_active=False, department__isnull=False).exists()
    assert sum(ProjectTotal.objects.values_list("count", flat=True)) == 1
    assert rebuild_totals() == 0
    told = Event.objects.order_by("seq")[before:]
    assert [event.name for event in told].count("demo.deleted") == 1
    assert {event.name for event in told} == {"demo.deleted", "user.deactivated"}
    assert not remaining(but=boss)
    with pytest.raises(DomainError) as refused:
        delete_demo(by=boss, at=timezone.now())
    assert refused.value.code == "no-demo"


def test_what_hangs_on_the_demo_is_named_and_nothing_goes(boss, own):
    account = Account.objects.exclude(pk=own.account_id).filter(owner__isnull=False).first()
    make_project("挂在演示客户上的项目", owner=own.owner, account=account)
    counts = [model.objects.count() for model in KINDS]
    with pytest.raises(DomainError) as refused:
        delete_demo(by=boss, at=timezone.now())
    assert refused.value.code == "demo-in-use"
    assert "挂在演示客户上的项目" in str(refused.value)
    assert [model.objects.count() for model in KINDS] == counts
    assert User.objects.get(username="zhouqm").is_active


def test_everything_that_can_hang_on_it_is_found(boss, own):
    found = remaining(but=boss)
    assert in_the_way(found) == []
    User.objects.filter(pk=own.owner_id).update(department=Department.objects.get(pk=min(found.departments)))
    make_department("自己的部门", parent=Department.objects.get(pk=max(found.departments)))
    assert set(in_the_way(found)) == {str(own.owner), "自己的部门"}


def test_only_who_governs_the_installation_may(demo, own):
    for name in ("zhouqm", "own.seller"):
        with pytest.raises(NotAllowed):
            delete_demo(by=User.objects.get(username=name), at=timezone.now())


def test_the_page_says_what_goes_and_asks_twice(boss, own, client):
    client.force_login(boss)
    assert 'href="/settings/demo/delete"' in client.get("/settings").text
    page = client.get("/settings/demo/delete")
    assert f"{len(remaining(but=boss).projects)} 个项目" in page.text
    assert client.post("/settings/demo/delete", {"password": "openpsm-demo"}).status_code == 422
    assert Project.objects.count() > 25
    assert client.post("/settings/demo/delete", {"is_sure": "on", "password": "wrong"}).status_code == 422
    assert client.post("/settings/demo/delete", {"is_sure": "on", "password": "openpsm-demo"}).status_code == 302
    assert list(Project.objects.all()) == [own]
    assert client.get("/settings/demo/delete").status_code == 404
    assert "/settings/demo/delete" not in client.get("/settings").text


def test_nobody_else_opens_the_page(own, client):
    client.force_login(own.owner)
    assert client.get("/settings/demo/delete").status_code == 403
