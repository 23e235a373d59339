"""Files of a record and its history, as the pages show them."""

import re

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile

from openpsm.accounts import operations
from openpsm.accounts.models import Account
from openpsm.core.models.files import Attachment
from openpsm.projects.operations import GateBlocked, advance_stage, set_team
from openpsm.web.history import history_of
from openpsm.web.history_sentences import SENTENCES
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.activities import log_activity
from tests.factories.buying import make_label, make_stakeholder
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project

pytestmark = pytest.mark.django_db
GOOD_CODE = "91110000600037341L"


@pytest.fixture
def owner():
    return make_user(department=make_department(), name="张磊")


@pytest.fixture
def manager(owner):
    return make_user(roles=("sales-manager",), manages=owner.department, name="李经理")


@pytest.fixture
def account(owner):
    return make_account("宁夏嘉源润滑科技有限公司", owner=owner, region="640100", uscc=GOOD_CODE)


def log_in(client, user):
    client.force_login(user)
    return client


def texts(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


# --- files


def pdf(name="招标文件.pdf"):
    return SimpleUploadedFile(name, b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n", "application/pdf")


@pytest.fixture
def file(client, account, owner):
    log_in(client, owner).post(f"/files/accounts/{account.pk}", {"upload-file": pdf()})
    return Attachment.objects.get()


def test_file_is_handed_out_to_be_saved_under_its_chinese_name(client, file):
    response = client.get(f"/files/{file.pk}")
    headers = ("Content-Disposition", "X-Content-Type-Options", "Content-Security-Policy", "Cache-Control")
    assert [response.headers[name] for name in headers] == [
        "attachment; filename*=utf-8''%E6%8B%9B%E6%A0%87%E6%96%87%E4%BB%B6.pdf",
        "nosniff",
        "sandbox; default-src 'none'; frame-ancestors 'none'",
        "private, no-store",
    ]
    assert b"".join(response.streaming_content).startswith(b"%PDF-1.4")


def test_file_is_not_there_for_a_stranger(client, file, account):
    log_in(client, make_user(department=make_department()))
    assert client.get(f"/files/{file.pk}").status_code == 404
    assert client.post(f"/files/{file.pk}/delete").status_code == 404
    assert client.post(f"/files/accounts/{account.pk}", {"upload-file": pdf()}).status_code == 404


def test_file_is_read_but_not_changed_by_who_only_reads_the_account(client, file, account):
    log_in(client, make_user(roles=("finance",)))
    response = client.get(f"/files/{file.pk}")
    assert (response.status_code, len(b"".join(response.streaming_content))) == (200, file.size)
    assert client.post(f"/files/{file.pk}/delete").status_code == 403
    assert client.post(f"/files/accounts/{account.pk}", {"upload-file": pdf()}).status_code == 403


def test_file_is_gone_at_once_when_the_right_is_gone(client, file, account, owner):
    operations.set_account_owner(account_id=account.pk, owner_id=None, by=owner, at=AT)
    Account.objects.filter(pk=account.pk).update(is_unassigned=True, pooled_at=None)
    assert client.get(f"/files/{file.pk}").status_code == 404


def test_file_is_removed(client, file, account, owner):
    response = client.post(f"/files/{file.pk}/delete")
    assert (response.url, client.get(f"/files/{file.pk}").status_code) == (f"/accounts/{account.pk}/files", 404)


def test_file_that_is_not_what_its_name_says_is_refused(htmx_client, client, account, owner):
    bad = {"upload-file": SimpleUploadedFile("a.pdf", b"<html><script>1</script>", "application/pdf")}
    response = log_in(htmx_client, owner).post(f"/files/accounts/{account.pk}", bad)
    assert (response.status_code, "was not taken" in response.text, "<html" in response.text) == (422, True, False)
    bad["upload-file"].seek(0)
    plain = log_in(client, owner).post(f"/files/accounts/{account.pk}", bad)
    assert (plain.status_code, "was not taken" in texts(plain)[0]) == (302, True)
    assert not Attachment.objects.exists()


def test_files_page_lists_them_and_its_queries_do_not_grow(client, account, owner, django_assert_max_num_queries):
    log_in(client, owner)
    for number in range(3):
        client.post(f"/files/accounts/{account.pk}", {"upload-file": pdf(f"{number}.pdf")})
    with django_assert_max_num_queries(10):
        response = client.get(f"/accounts/{account.pk}/files")
    assert [row.name for row in response.context["files"]] == ["2.pdf", "1.pdf", "0.pdf"]


# --- history


def test_history_says_what_happened_in_sentences(client, account, owner):
    operations.update_account(account_id=account.pk, changes={"phone": "0951-1234567"}, by=owner, at=AT)
    contact = make_contact("王军", account=account, mobile="13812345678")
    operations.update_contact(contact_id=contact.pk, changes={"mobile": "13900001111"}, by=owner, at=AT)
    response = log_in(client, owner).get(f"/accounts/{account.pk}/history")
    entries = response.context["history"].entries
    assert [entry.text for entry in entries] == [
        "Changed the contact 王军",
        "Added the contact 王军",
        "Changed the account",
        "Created the account “宁夏嘉源润滑科技有限公司”",
    ]
    assert [(c.label, c.old, c.new) for c in entries[2].changes] == [("Switchboard", "—", "0951-1234567")]
    assert [(c.label, c.new) for c in entries[0].changes] == [("Mobile phone", "")]
    assert ("13812345678" in response.text, "13900001111" in response.text) == (False, False)


@pytest.mark.parametrize("rows", [1, 6])
def test_history_query_count(client, account, owner, rows, django_assert_max_num_queries):
    for number in range(rows):
        make_contact(f"王{number}军", account=account)
        operations.add_account_member(account_id=account.pk, user_id=make_user().pk, by=owner, at=AT)
    log_in(client, owner)
    with django_assert_max_num_queries(11):
        client.get(f"/accounts/{account.pk}/history")


def test_history_goes_on_with_older_entries(account, owner):
    for number in range(4):
        operations.update_account(account_id=account.pk, changes={"note": str(number)}, by=owner, at=AT)
    first = history_of(account, user=owner, limit=3)
    rest = history_of(account, user=owner, before=first.next, limit=3)
    assert ([e.changes[0].new for e in first.entries], next(e.text for e in rest.entries), rest.next) == (
        ["3", "2", "1"],
        "Changed the account",
        None,
    )


def test_history_of_an_erased_person_names_nobody(client, account, owner, manager):
    contact = make_contact("王军", account=account, mobile="13812345678")
    operations.erase_contact(contact_id=contact.pk, reason="Asked by mail", by=manager, at=AT)
    text = log_in(client, owner).get(f"/accounts/{account.pk}/history").text
    assert ("王军" in text, "Erased a person" in text) == (False, True)


def test_history_keeps_supporter_labels_from_the_rest_of_the_team(owner):
    project = make_project(owner=owner)
    person = make_stakeholder(project, "陈总", power_class=4, attitude=2)
    make_label(person)
    colleague = make_user(department=make_department())
    set_team(project_id=project.pk, user_id=colleague.pk, role="member", by=owner, at=AT)
    told = {
        user: [entry.text for entry in history_of(project, user=user).entries if "supporter" in entry.text]
        for user in (owner, colleague)
    }
    assert told == {owner: ["Labelled somebody as a supporter (values are sealed)"], colleague: []}


def test_history_names_stages_and_nodes_as_the_process_does(owner):
    project = make_project(owner=owner)
    with pytest.raises(GateBlocked):
        advance_stage(project_id=project.pk, by=owner, at=AT)
    first = history_of(project, user=owner).entries[0].text
    assert first.startswith("Tried the gate of “Develop”; missing: ")
    assert not re.search("[a-z]-[a-z]+,", first)


@pytest.mark.parametrize("kind", ["projects", "activities"])
def test_projects_and_activities_take_files_from_their_owner(client, owner, kind):
    project = make_project(owner=owner)
    root = project if kind == "projects" else log_activity(project)
    answers = [
        log_in(client, user).post(f"/files/{kind}/{root.pk}", {"upload-file": pdf()}).status_code
        for user in (owner, make_user(department=make_department()))
    ]
    assert (answers, Attachment.objects.get().root_id) == ([302, 404], root.pk)


def test_every_event_of_accounts_and_projects_has_its_sentence():
    from pathlib import Path

    from openpsm.core import events as package

    shown = ["account", "contact", "project", "debt", "stakeholder", "supporter", "intelligence", "contender"]
    shown += ["criterion", "evaluation", "qualification", "activity", "attachment"]
    pattern = re.compile(
        rf'(?:record(?:_many)?|finish|_save|_finish|_remove|_record)\(\s*"((?:{"|".join(shown)})\.[a-z_]+)"'
    )
    root = Path(package.__file__).parents[2]
    found = {name for path in root.rglob("operations*/**/*.py") for name in pattern.findall(path.read_text())}
    found |= {name for path in root.rglob("operations.py") for name in pattern.findall(path.read_text())}
    assert len(found) > 30
    assert sorted(found - SENTENCES.keys()) == []
