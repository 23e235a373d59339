"""Changing many records, and single cells: by the domain's own operations, gates and rights included."""

from datetime import date

import pytest

from openpsm.accounts.models import Contact
from openpsm.activities.models import Activity
from openpsm.activities.operations import Told, cancel_activity
from openpsm.core.jobs import outcomes
from openpsm.core.models import Event, Job
from openpsm.org.models import BulkEdit
from openpsm.projects.models import GateReview, Project
from openpsm.projects.operations import update_project
from openpsm.web.lists import doing
from openpsm.web.views.lists import bulk as pages
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.activities import log_activity, plan_activity
from tests.factories.org import make_task, make_user
from tests.factories.projects import make_owner, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    made = make_owner()
    client.force_login(made)
    return made


def ask(client, action, records, step, listing="projects", **values):
    ids = ",".join(str(one.pk) for one in records)
    return client.post(f"/lists/{listing}/bulk/{action}", {"ids": ids, "step": step, **values})


def outcomes_of(bulk):
    return sorted(bulk.results.values_list("record_id", "outcome"))


def test_all_of_a_filter_or_the_ticked_ones_are_chosen(client, owner):
    projects = [make_project(f"P{number}", owner=owner) for number in range(3)]
    other = make_project("Elsewhere")
    every = client.post("/lists/projects/bulk", {"query": "mine=on"})
    assert every.context["ids"] == sorted(one.pk for one in projects)
    ticked = client.post("/lists/projects/bulk", {"pk": [projects[1].pk, other.pk], "query": ""})
    assert ticked.context["ids"] == [projects[1].pk]


def test_preview_changes_nothing_and_the_act_changes_each_by_its_operation(client, owner):
    mine, same = make_project("Mine", owner=owner), make_project("Same", owner=owner, product_line="Oil")
    foreign = make_project("Elsewhere")
    records = [mine, same, foreign]
    preview = ask(client, "set-product_line", records, "preview", product_line="Oil")
    assert preview.context["counts"] == {"done": 1, "same": 1, "refused": 1}
    mine.refresh_from_db()
    assert (mine.product_line, mine.version, Event.objects.filter(name="project.updated").count()) == ("", 1, 0)
    place = ask(client, "set-product_line", records, "do", product_line="Oil")["Location"]
    bulk = BulkEdit.objects.get()
    assert (place, outcomes_of(bulk)) == (
        f"/bulk/{bulk.pk}",
        [(mine.pk, "done"), (same.pk, "same"), (foreign.pk, "refused")],
    )
    mine.refresh_from_db()
    assert (mine.product_line, Event.objects.filter(name="project.updated").count()) == ("Oil", 1)
    report = client.get(place)
    assert ("not open to you" in report.text, foreign.name in report.text) == (True, False)


def test_a_closed_gate_stays_closed_and_says_why(client, owner):
    project = make_project("Mine", owner=owner)
    preview = ask(client, "advance", [project], "preview")
    assert (preview.context["counts"], GateReview.objects.count()) == ({"refused": 1}, 0)
    assert "Missing:" in preview.context["lines"][0].reason
    place = ask(client, "advance", [project], "do")["Location"]
    assert "Missing:" in client.get(place).text
    stage = project.stage_id
    project.refresh_from_db()
    assert (project.stage_id, list(GateReview.objects.values_list("outcome", flat=True))) == (stage, ["blocked"])


def test_undo_puts_back_what_nobody_has_changed_since(client, owner):
    first, second = make_project(owner=owner, product_line="Old"), make_project(owner=owner)
    ask(client, "set-product_line", [first, second], "do", product_line="New")
    update_project(project_id=second.pk, changes={"product_line": "Newer"}, by=owner, at=AT)
    done = BulkEdit.objects.get()
    place = client.post(f"/bulk/{done.pk}/undo")["Location"]
    undo = BulkEdit.objects.get(undo_of=done)
    assert (place, outcomes_of(undo)) == (f"/bulk/{undo.pk}", [(first.pk, "done"), (second.pk, "refused")])
    lines = dict(Project.objects.values_list("pk", "product_line"))
    assert lines == {first.pk: "Old", second.pk: "Newer"}
    client.post(f"/bulk/{done.pk}/undo")
    assert BulkEdit.objects.count() == 2


def test_owner_team_date_hold_and_back_again(client, owner):
    boss = make_user(roles=("sales-manager",), manages=owner.department)
    heir = make_user(department=owner.department)
    project = make_project(owner=owner)
    client.force_login(boss)
    values = {
        "owner": {"owner": str(heir.pk), "reason": "Moves to the north"},
        "team": {"user": str(boss.pk), "role": "mentor"},
        "set-tender_on": {"tender_on": "2026-12-01"},
        "hold": {"reason": "Budget frozen", "until": ""},
        "grade": {"grade": "A", "reason": "Strategic"},
    }
    was = Project.objects.values("owner_id", "tender_on", "is_on_hold", "is_grade_pinned").get(pk=project.pk)
    made = [ask(client, action, [project], "do", **more)["Location"] for action, more in values.items()]
    now = Project.objects.get(pk=project.pk)
    assert (now.owner_id, now.tender_on, now.is_on_hold, now.grade) == (heir.pk, date(2026, 12, 1), True, "A")
    assert now.members.filter(user=boss, role="mentor").exists()
    for place in reversed(made):
        assert client.post(f"{place}/undo").status_code == 302
    assert Project.objects.values(*was).get(pk=project.pk) == was


def test_a_long_one_is_the_workers_goes_on_after_a_stop_and_does_nothing_twice(client, owner, monkeypatch):
    monkeypatch.setattr(pages, "AT_ONCE", 1)
    projects = [make_project(owner=owner) for _number in range(3)]
    place = ask(client, "set-product_line", projects, "do", product_line="Oil")["Location"]
    job, bulk = Job.objects.get(), BulkEdit.objects.get()
    assert ("being done" in client.get(place).text, bulk.finished_at) == (True, None)
    listing = doing_listing(owner)
    doing.run(listing, BulkEdit(pk=bulk.pk, **{**vars_of(bulk), "ids": [projects[0].pk]}), owner)
    assert outcomes.run(str(job.pk), worker="w") is True
    assert outcomes_of(bulk) == [(one.pk, "done") for one in projects]
    assert Event.objects.filter(name="project.updated").count() == 3


def doing_listing(user):
    from openpsm.web.lists.registry import listing_of

    return listing_of("projects", user)


def vars_of(bulk):
    return {name: getattr(bulk, name) for name in ("listing", "action", "values", "at", "by_id")}


def test_accounts_and_tasks_have_their_own_acts(client, owner):
    account = make_account(owner=owner)
    ask(client, "set-industry", [account], "do", listing="accounts", industry="2511")
    account.refresh_from_db()
    assert account.industry == "2511"
    colleague, task = make_user(department=owner.department), make_task(owner)
    ask(client, "owner", [task], "do", listing="tasks", owner=str(colleague.pk))
    task.refresh_from_db()
    assert task.owner_id == colleague.pk


def test_acts_without_the_right_and_edits_of_others_do_not_exist(client, owner):
    project = make_project(owner=owner)
    assert ask(client, "grade", [project], "preview", grade="A", reason="Good").status_code == 404
    assert ask(client, "nonsense", [project], "preview").status_code == 404
    ask(client, "set-product_line", [project], "do", product_line="Oil")
    bulk = BulkEdit.objects.get()
    client.force_login(make_user(roles=("executive",)))
    assert [client.get(f"/bulk/{bulk.pk}").status_code, client.post(f"/bulk/{bulk.pk}/undo").status_code] == [404, 404]


# --- cells


def cell(client, project, column, **sent):
    return client.post(f"/lists/projects/cells/{project.pk}/{column}", sent, headers={"HX-Request": "true"})


def test_a_cell_is_changed_as_people_type(client, owner):
    project = make_project("Line", owner=owner, possibility=None, possibility_reason="")
    page = client.get(f"/lists/projects/cells/{project.pk}/amount")
    assert 'name="version" value="1"' in page.text
    row = cell(client, project, "amount", value="240万", version="1")
    assert (row.status_code, row.text.startswith(f'<tr id="r{project.pk}">'), "¥2,400,000.00" in row.text) == (
        200,
        True,
        True,
    )
    project.refresh_from_db()
    assert [project.amount, project.version] == [2_400_000, 2]


def test_a_cell_says_what_is_wrong_and_that_somebody_was_faster(client, owner):
    project = make_project("Line", owner=owner)
    wrong = cell(client, project, "amount", value="much", version="1")
    stale = cell(client, project, "amount", value="5", version="7")
    refused = cell(client, project, "tender_on", value="1066-01-01", version="1")
    assert [answer.status_code for answer in (wrong, stale, refused)] == [422, 422, 422]
    assert ("is not an amount" in wrong.text, "Somebody else" in stale.text, "cannot be meant" in refused.text) == (
        True,
    ) * 3


def test_cells_of_unseen_records_and_of_other_columns_do_not_exist(client, owner):
    project, foreign = make_project(owner=owner), make_project()
    assert cell(client, foreign, "amount", value="1", version="1").status_code == 404
    assert cell(client, project, "created_at", value="1", version="1").status_code == 404


# --- from record to record


def test_j_and_k_lead_through_the_filtered_list(client, owner):
    for name in "CADB":
        make_project(f"{name} mill", owner=owner, tender_on=AT.date() if name in "AB" else None)
    for query, order in (
        ("sort=name", "ABCD"),
        ("sort=-name", "DCBA"),
        ("q=a mill&sort=name", "A"),
        ("sort=tender", "AB"),
    ):
        ids = [Project.objects.get(name=f"{name} mill").pk for name in order]
        if query == "sort=tender":
            ids.sort()
        for place, pk in enumerate(ids):
            around = client.get(f"/projects/{pk}", {"list": f"projects?{query}"}).context["neighbours"]
            found = [part.split("?")[0].rpartition("/")[2] for part in (around.previous, around.next)]
            before = str(ids[place - 1]) if place else ""
            after = str(ids[place + 1]) if place + 1 < len(ids) else ""
            assert found == [before, after], query


def test_neighbours_take_one_statement(client, owner):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    project = make_project(owner=owner)
    counts = []
    for address in (f"/projects/{project.pk}", f"/projects/{project.pk}?list=projects%3Fsort%3Dname"):
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            client.get(address)
            counts.append(len(found))
    assert counts[1] == counts[0] + 1
    assert client.get(f"/projects/{project.pk}?list=nonsense").status_code == 200


def test_contacts_are_sorted_into_departments_and_moved_to_the_bin_and_back(client, owner):
    account = make_account(owner=owner)
    people = [make_contact(account=account, by=owner, name=name) for name in ("Wang Lei", "Zhao Min")]
    stranger = make_contact(account=make_account())
    ask(client, "set-unit", [*people, stranger], "do", listing="contacts", unit="Purchasing")
    assert [one.outcome for one in BulkEdit.objects.get().results.order_by("record_id")] == ["done", "done", "refused"]
    assert set(Contact.objects.values_list("unit", flat=True)) == {"Purchasing", stranger.unit}
    ask(client, "delete", people, "do", listing="contacts")
    assert not Contact.objects.visible_to(owner).exists()
    client.post(f"/bulk/{BulkEdit.objects.latest('pk').pk}/undo")
    assert list(Contact.objects.visible_to(owner).order_by("pk")) == people


def test_planned_activities_move_to_another_day_and_back_and_done_ones_stay(client, owner):
    project = make_project(owner=owner)
    trip = [plan_activity(project, planned_on=date(2026, 12, 1)) for _number in range(2)]
    cancel_activity(activity_id=trip[1].pk, version=None, reason="The plant is closed", by=owner, at=AT)
    ask(client, "day", trip, "do", listing="activities", day="2026-12-03")
    bulk = BulkEdit.objects.get()
    assert outcomes_of(bulk) == [(trip[0].pk, "done"), (trip[1].pk, "refused")]
    days = Activity.objects.order_by("pk").values_list("planned_on", flat=True)
    assert list(days) == [date(2026, 12, 3), date(2026, 12, 1)]
    client.post(f"/bulk/{bulk.pk}/undo")
    assert list(days.all()) == [date(2026, 12, 1), date(2026, 12, 1)]
    ask(client, "cancel", trip[:1], "do", listing="activities", reason="Budget is gone")
    assert Activity.objects.filter(state=Activity.State.CANCELLED).count() == 2


def test_nobody_confirms_their_own_visits_among_many(client, owner):
    project = make_project(owner=owner)
    met = Told(contact_ids=(make_contact(account=project.account).pk,))
    mine = log_activity(project, also=met)
    client.force_login(make_user(roles=("sales-manager",), manages=owner.department))
    ask(client, "confirm", [mine], "do", listing="activities")
    assert Activity.objects.get(pk=mine.pk).is_confirmed
    client.force_login(owner)
    ask(client, "confirm", [log_activity(project, also=met)], "do", listing="activities")
    assert [one.outcome for one in BulkEdit.objects.latest("pk").results.all()] == ["refused"]
