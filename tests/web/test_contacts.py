"""People at an account: added, changed, deleted, erased; fields that are not shown are not overwritten."""

import pytest

from openpsm.accounts.models import Contact
from openpsm.org.models import Role
from openpsm.org.permissions import Permission
from tests.factories.accounts import make_account, make_contact
from tests.factories.org import grant_role, make_department, make_role, make_user

pytestmark = pytest.mark.django_db
PERSON = {"name": "王军", "title": "设备部长", "mobile": "13812345678", "email": "wang@example.com"}


@pytest.fixture
def owner():
    return make_user(department=make_department())


@pytest.fixture
def manager(owner):
    return make_user(roles=("sales-manager",), manages=owner.department)


@pytest.fixture
def account(owner):
    return make_account(owner=owner)


@pytest.fixture
def contact(account):
    return make_contact(account=account, mobile="13812345678", note="Likes tea")


def test_contact_is_added_and_shown_at_its_place(client, account, owner):
    client.force_login(owner)
    response = client.post(f"/accounts/{account.pk}/contacts/new", PERSON)
    contact = Contact.objects.get()
    assert response.url == f"/accounts/{account.pk}#contact-{contact.pk}"
    assert {name: getattr(contact, name) for name in PERSON} == PERSON
    assert client.get(f"/contacts/{contact.pk}").url == response.url


def test_contact_without_a_real_name_comes_back_with_everything_typed(client, account, owner):
    client.force_login(owner)
    response = client.post(f"/accounts/{account.pk}/contacts/new", PERSON | {"name": "无", "email": "not mail"})
    form = response.context["form"]
    assert (response.status_code, form["email"].value(), form["mobile"].value()) == (422, "not mail", "13812345678")
    assert set(form.errors) == {"email"}
    response = client.post(f"/accounts/{account.pk}/contacts/new", PERSON | {"name": "无"})
    assert (response.status_code, set(response.context["form"].errors)) == (422, {"name"})


def test_contact_is_added_by_no_stranger_and_by_no_reader(client, account):
    for user, status in ((make_user(department=make_department()), 404), (make_user(roles=("finance",)), 403)):
        client.force_login(user)
        assert client.post(f"/accounts/{account.pk}/contacts/new", PERSON).status_code == status


def test_contact_is_changed(client, contact, owner):
    client.force_login(owner)
    response = client.post(f"/contacts/{contact.pk}/edit", PERSON | {"version": contact.version, "unit": "设备部"})
    contact.refresh_from_db()
    assert (response.status_code, contact.unit, contact.note) == (302, "设备部", "")


def test_contact_changed_by_somebody_else_meanwhile_is_not_overwritten(client, contact, owner):
    client.force_login(owner)
    response = client.post(f"/contacts/{contact.pk}/edit", PERSON | {"version": contact.version + 1})
    contact.refresh_from_db()
    assert (response.status_code, contact.title, response.context["form"]["title"].value()) == (422, "", "设备部长")


def test_manager_changes_the_post_and_neither_sees_nor_overwrites_the_phone(client, contact, manager):
    client.force_login(manager)
    page = client.get(f"/contacts/{contact.pk}/edit")
    assert ("mobile" in page.context["form"].fields, "13812345678" in page.text) == (False, False)
    client.post(
        f"/contacts/{contact.pk}/edit", {"version": contact.version, "name": "王军", "title": "厂长", "mobile": "1"}
    )
    contact.refresh_from_db()
    assert (contact.title, contact.mobile) == ("厂长", "13812345678")


def test_role_without_the_right_to_phones_sees_none(client, account, contact):
    make_role("clerk", [Permission.CONTACT_EDIT, Permission.ACCOUNT_VIEW_ALL])
    clerk = make_user(roles=())
    grant_role(clerk, "clerk")
    client.force_login(clerk)
    assert Role.objects.get(key="clerk").permissions == ["account.view_all", "contact.edit"]
    assert "13812345678" not in client.get(f"/accounts/{account.pk}").text


def test_contact_is_deleted(client, contact, owner):
    client.force_login(owner)
    assert "can be brought back" in client.get(f"/contacts/{contact.pk}/delete").text
    response = client.post(f"/contacts/{contact.pk}/delete", {"version": contact.version})
    contact.refresh_from_db()
    assert (response.status_code, contact.deleted_at is not None) == (302, True)


def test_erasing_says_what_will_happen_and_asks_twice(client, contact, manager):
    client.force_login(manager)
    page = client.get(f"/contacts/{contact.pk}/erase").text
    assert ("become unreadable for ever" in page, "cannot be undone" in page) == (True, True)
    unsure = client.post(f"/contacts/{contact.pk}/erase", {"reason": "Asked by mail"})
    assert (unsure.status_code, set(unsure.context["form"].errors)) == (422, {"is_sure"})
    response = client.post(f"/contacts/{contact.pk}/erase", {"reason": "Asked by mail", "is_sure": "on"})
    contact.refresh_from_db()
    assert (response.status_code, contact.name, contact.mobile, contact.note) == (302, "—", "", "")


def test_erasing_is_refused_to_the_seller(client, contact, owner):
    client.force_login(owner)
    assert client.post(f"/contacts/{contact.pk}/erase", {"reason": "Asked", "is_sure": "on"}).status_code == 403
