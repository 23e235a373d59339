"""What stands on every page: the bell, comments, followers, undo, the bin, the notice, amounts as one likes them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from openpsm.accounts.models import Contact
from openpsm.activities.models import Comment
from openpsm.core import parameters
from openpsm.core.events import Event
from openpsm.core.money import format_amount, shown_in
from openpsm.org.models import Follow, Notification, Task
from openpsm.org.operations import make_token
from openpsm.projects.models import Project, ProjectMember
from openpsm.projects.operations import delete_project
from tests.factories.accounts import make_account, make_contact
from tests.factories.activities import log_activity
from tests.factories.org import make_department, make_task, make_user
from tests.factories.projects import make_manager, make_owner, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def owner():
    return make_owner(name="张磊")


@pytest.fixture
def project(owner, now):
    return make_project("Turbine hall", owner=owner, at=now)


def say(client, project, text, **more):
    return client.post(f"/comments/project/{project.pk}", {"text": text}, **more)


# --- comments and the bell


def test_comment_appears_in_the_panel_and_says_who_could_not_be_told(htmx_client, client, project, owner):
    make_manager(project, name="Chen")
    make_owner(name="Stranger")
    htmx_client.force_login(owner)
    answer = say(htmx_client, project, "@Chen @Stranger <b>look</b>")
    assert ("<html" in answer.text, 'id="comments"' in answer.text) == (False, True)
    assert ("Told: Chen" in answer.text, "Stranger cannot see this record" in answer.text) == (True, True)
    assert '<strong class="psm-mention">@Chen</strong>' in answer.text
    assert "&lt;b&gt;look" in answer.text


def test_comment_works_without_scripts_and_refuses_an_empty_one(client, project, owner):
    client.force_login(owner)
    assert say(client, project, "Words").url.startswith(f"/projects/{project.pk}/comments#comment-")
    assert say(client, project, " ").status_code == 422
    assert "Words" in client.get(f"/projects/{project.pk}/comments").text


@pytest.mark.parametrize("path", ["/projects/{p}/comments", "/accounts/{a}/comments", "/activities/{v}"])
def test_comments_stand_on_the_pages_of_their_records(client, project, owner, now, path):
    visit = log_activity(project, at=now)
    for kind, pk in (("project", project.pk), ("account", project.account_id), ("activity", visit.pk)):
        client.force_login(owner)
        client.post(f"/comments/{kind}/{pk}", {"text": f"Said at the {kind}"})
    page = client.get(path.format(p=project.pk, a=project.account_id, v=visit.pk)).text
    assert page.count("Said at the ") == 1


def test_author_changes_and_deletes_and_undoes(client, project, owner):
    client.force_login(owner)
    say(client, project, "First")
    comment = Comment.objects.get()
    client.post(f"/comments/{comment.pk}/edit", {"text": "Second", "version": 1})
    client.post(f"/comments/{comment.pk}/delete")
    page = client.get(f"/projects/{project.pk}/comments").text
    assert ("Second" in page, f"/bin/comment/{comment.pk}/restore" in page) == (False, True)
    client.post(f"/bin/comment/{comment.pk}/restore")
    assert "Second" in client.get(f"/projects/{project.pk}/comments").text
    history = client.get(f"/projects/{project.pk}/history").text
    assert ("First" in history, "Changed a comment" in history) == (True, True)


def test_list_behind_the_sign_holds_only_people_who_see_the_record(client, project, owner):
    make_manager(project, name="王军")
    make_owner(name="王磊")
    client.force_login(owner)
    page = client.get(f"/comments/project/{project.pk}/people?q=w").text
    assert ("王军" in page, "王磊" in page) == (True, False)
    assert "Nobody of this name" in client.get(f"/comments/project/{project.pk}/people?q=xx").text


def test_bell_counts_and_empties(client, htmx_client, project, owner):
    manager = make_manager(project, name="Chen")
    client.force_login(owner)
    say(client, project, "@Chen hello")
    htmx_client.force_login(manager)
    assert '<span class="psm-unread">1</span>' in htmx_client.get("/bell").text
    client.force_login(manager)
    assert "张磊 mentions you at “Turbine hall”" in client.get("/notifications").text
    line = Notification.objects.get()
    assert client.post(f"/notifications/{line.pk}/open").url == f"/projects/{project.pk}"
    assert "psm-unread" not in htmx_client.get("/bell").text


@pytest.mark.parametrize("rows", [1, 8])
def test_comments_query_count(client, project, owner, rows, django_assert_num_queries):
    client.force_login(owner)
    for number in range(rows):
        say(client, project, f"Words {number}")
    client.get(f"/projects/{project.pk}/comments")
    with django_assert_num_queries(7):
        client.get(f"/projects/{project.pk}/comments")


def test_following_begins_and_ends_with_one_button(htmx_client, project, owner):
    htmx_client.force_login(owner)
    assert "Following: stop" in htmx_client.post(f"/follow/project/{project.pk}").text
    assert Follow.objects.filter(user=owner).count() == 1
    assert "Following: stop" not in htmx_client.post(f"/follow/project/{project.pk}", {"stop": "1"}).text
    assert Follow.objects.count() == 0


# --- undo and the bin


def test_deleted_project_comes_back_by_undo(client, project, owner, now):
    manager = make_manager(project)
    client.force_login(manager)
    client.post(f"/projects/{project.pk}/delete", {"version": project.version})
    assert f'action="/bin/project/{project.pk}/restore"' in client.get("/projects").text
    assert client.post(f"/bin/project/{project.pk}/restore").url == f"/projects/{project.pk}"
    assert Project.objects.live().filter(pk=project.pk).exists()


def test_bin_shows_what_one_deleted_or_owns_and_nothing_else(client, project, owner, now):
    manager = make_manager(project)
    contact = make_contact("王军", account=project.account, by=owner)
    visit = log_activity(project, at=now)
    client.force_login(owner)
    client.post(f"/contacts/{contact.pk}/delete", {"version": contact.version})
    client.post(f"/activities/{visit.pk}/delete", {"version": visit.version})
    delete_project(project_id=project.pk, by=manager, at=now)
    kinds = [row.kind for row, _kind, _name in client.get("/bin").context["rows"]]
    assert sorted(kinds) == ["contact", "project"]  # the visit lies under the project
    assert client.post(f"/bin/contact/{contact.pk}/restore").status_code == 302
    assert Contact.objects.live().filter(pk=contact.pk).exists()
    client.force_login(make_owner())
    assert client.get("/bin").context["rows"] == []
    assert client.post(f"/bin/project/{project.pk}/restore").status_code == 404


def test_bin_lets_go_after_the_time_of_the_parameter(client, project, owner, now):
    delete_project(project_id=project.pk, by=make_manager(project), at=now - timedelta(days=31))
    client.force_login(owner)
    assert client.get("/bin").context["rows"] == []
    client.post(f"/bin/project/{project.pk}/restore")
    assert "too long ago" in client.get("/bin").text


def test_restored_account_must_not_collide_with_one_registered_meanwhile(client, owner, now):
    account = make_account("华能电力有限公司", owner=owner)
    manager = make_user(manages=owner.department, roles=["sales-manager"])
    client.force_login(manager)
    client.post(f"/accounts/{account.pk}/delete", {"version": account.version})
    make_account("华能电力有限公司", owner=make_owner())
    client.post(f"/bin/account/{account.pk}/restore")
    account.refresh_from_db()
    assert account.deleted_at is not None


@pytest.mark.parametrize("rows", [1, 6])
def test_bin_query_count(client, owner, now, rows, django_assert_num_queries):
    for _number in range(rows):
        project = make_project(owner=owner, at=now)
        delete_project(project_id=project.pk, by=make_manager(project), at=now)
    client.force_login(owner)
    client.get("/bin")
    with django_assert_num_queries(10):
        client.get("/bin")


def test_task_done_by_mistake_is_opened_again(client, owner):
    task = make_task(owner, title="Call them")
    client.force_login(owner)
    client.post(f"/tasks/{task.pk}/complete", {"version": task.version, "result": ""})
    page = client.get("/today").text
    assert (f'action="/tasks/{task.pk}/reopen"' in page, 'name="version" value="2"' in page) == (True, True)
    client.post(f"/tasks/{task.pk}/reopen", {"version": 2})
    task.refresh_from_db()
    assert (task.done_at, Task.objects.open().count()) == (None, 1)


def test_colleague_taken_off_the_team_is_put_back_with_the_same_part(client, project, owner):
    helper = make_owner(name="Helper")
    ProjectMember.objects.create(project=project, user=helper, role="presales")
    client.force_login(owner)
    answer = client.post(f"/projects/{project.pk}/team/{helper.pk}/remove", {"version": project.version})
    [message] = get_messages(answer.wsgi_request)
    project.refresh_from_db()
    assert f'"role": "presales", "version": "{project.version}"' in message.extra_tags
    client.post(f"/projects/{project.pk}/team", {"user_id": helper.pk, "role": "presales", "version": project.version})
    assert ProjectMember.objects.get(project=project, user=helper).role == "presales"


# --- cards, amounts, days


def test_card_of_a_contact_is_for_those_who_may_reach_them_and_leaves_an_event(client, owner):
    account = make_account("Tiger; Lily", owner=owner)
    reach = {"mobile": "13800001234", "email": "w@tiger.cn", "note": "Secret note"}
    contact = make_contact("王军", account=account, by=owner, **reach)
    client.force_login(owner)
    answer = client.post(f"/contacts/{contact.pk}.vcf")
    lines = answer.content.decode().split("\r\n")
    assert lines[:4] == ["BEGIN:VCARD", "VERSION:4.0", "FN:王军", "N:王军;;;;"]
    assert ("ORG:Tiger\\; Lily" in lines, "TEL;TYPE=cell:13800001234" in lines) == (True, True)
    assert ("Secret note" in answer.content.decode(), answer["Content-Type"]) == (False, "text/vcard; charset=utf-8")
    assert Event.objects.filter(name="contact.exported", subject_id=contact.pk, by=owner).count() == 1
    client.force_login(make_user(roles=["executive"], department=make_department()))
    assert client.post(f"/contacts/{contact.pk}.vcf").status_code == 403
    assert Event.objects.filter(name="contact.exported").count() == 1


def test_long_lines_of_a_card_are_folded_within_75_octets():
    from openpsm.accounts.operations.cards import card_of

    contact = make_contact("王军", account=make_account("中国石油化工股份有限公司华东分公司设备管理部门一处"))
    lines = card_of(contact).encode().split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert "ORG:中国石油化工股份有限公司华东分公司设备管理部门一处" in card_of(contact).replace("\r\n ", "")


def test_amounts_are_shown_in_the_unit_that_one_chose(client, owner, now):
    project = make_project(owner=owner, at=now, amount=2_400_000)
    client.force_login(owner)
    assert "¥2,400,000.00" in client.get(f"/projects/{project.pk}").text
    client.post("/profile", {"amount_unit": "wan", "language": "", "theme": "", "phone": ""})
    assert "¥240 ×10k" in client.get(f"/projects/{project.pk}").text
    with shown_in("wan"):
        assert format_amount(Decimal("12345"), "CNY", unit="yuan") == "¥12,345.00"
    assert format_amount(Decimal("12345"), "CNY") == "¥12,345.00"


@pytest.mark.parametrize(
    ("kind", "text", "answer"),
    [
        ("amount", "240万", "= 2,400,000.00"),
        ("amount", "1.2亿", "= 120,000,000.00"),
        ("amount", "", ""),
        ("day", "x", "is not a day"),
    ],
)
def test_form_says_how_an_amount_or_a_day_is_read(client, owner, kind, text, answer):
    client.force_login(owner)
    shown = client.get(f"/understood/{kind}", {"text": text}).text
    assert answer in shown
    assert bool(shown.strip()) == bool(answer)


def test_form_takes_days_as_people_write_them(client, owner, project):
    client.force_login(owner)
    client.post("/tasks/new", {"title": "Call", "owner": owner.pk, "due_on": "11.15", "project": ""})
    assert str(Task.objects.get().due_on).endswith("-11-15")


# --- the notice


@pytest.fixture
def told(now):
    by = make_user(roles=["administrator"])
    parameters.set_parameter(key="notice.text", value="数据库升级 <b>", by=by, at=now)
    parameters.set_parameter(key="notice.time", value="今晚 22:00", by=by, at=now)


def test_notice_stands_on_every_page_even_before_signing_in(client, owner, told):
    assert "数据库升级 &lt;b&gt;" in client.get("/login").text
    client.force_login(owner)
    page = client.get("/projects").text
    assert ("psm-notice" in page, "今晚 22:00" in page) == (True, True)


def test_without_a_notice_there_is_no_banner(client, owner):
    client.force_login(owner)
    assert "psm-notice" not in client.get("/projects").text


def test_api_answers_with_the_notice_in_a_header(client, owner, told, now):
    _token, raw = make_token(name="x", by=owner, at=now)
    answer = client.get("/api/v1/projects", headers={"Authorization": f"Bearer {raw}"})
    assert answer["OpenPSM-Notice"].startswith("%E4%BB%8A%E6%99%9A 22:00: ")


def test_error_page_has_the_id_that_the_log_has(client, owner):
    client.force_login(owner)
    answer = client.get("/projects/999999999", headers={"X-Request-ID": "proxy-number-1"})
    assert (answer.status_code, "<code>proxy-number-1</code>" in answer.text) == (404, True)
    assert answer["X-Request-ID"] == "proxy-number-1"
