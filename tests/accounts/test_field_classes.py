import pytest

from openpsm.accounts.operations import add_account_member, update_contact
from openpsm.core.errors import NotAllowed
from openpsm.org import field_rules
from openpsm.org.field_rules import hidden_many, hidden_on, may_filter, readable_fields
from openpsm.projects.operations import set_team
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_manager, make_owner, make_project

PERSONAL = {"phone", "mobile", "email", "chat_name"}
INTERNAL = {"sort_key", "deleted_at"}


def test_every_field_of_every_model_has_a_class():
    assert field_rules.unclassified() == []


def test_every_rule_is_about_a_field_that_exists():
    assert field_rules.misnamed() == []


def test_a_field_has_one_class():
    with pytest.raises(ValueError, match="twice"):
        field_rules.classify("accounts.Contact", open="phone")


@pytest.mark.django_db
def test_phone_is_open_to_the_accounts_team_only():
    owner = make_owner()
    contact = make_contact(account=make_account(owner=owner), mobile="13812345678")
    colleague = make_user(department=owner.department)
    assert hidden_on(owner, contact) == INTERNAL
    assert hidden_on(colleague, contact) == INTERNAL | PERSONAL
    add_account_member(account_id=contact.account_id, user_id=colleague.pk, by=owner, at=AT)
    assert hidden_on(colleague, contact) == INTERNAL


@pytest.mark.django_db
def test_phone_is_open_to_the_team_of_a_project_of_the_account():
    owner, presales = make_owner(), make_owner(roles=("presales",))
    account = make_account(owner=owner)
    project = make_project(account=account, owner=owner)
    contact = make_contact(account=account, mobile="13812345678")
    assert hidden_on(presales, contact) == INTERNAL | PERSONAL
    set_team(project_id=project.pk, user_id=presales.pk, role="presales", by=owner, at=AT)
    assert hidden_on(presales, contact) == INTERNAL


@pytest.mark.django_db
def test_phone_is_closed_to_who_sees_all_accounts_without_working_there():
    contact = make_contact(mobile="13812345678")
    finance = make_user(roles=("finance",))
    executive = make_user(roles=("executive",))
    assert [hidden_on(user, contact) & PERSONAL for user in (finance, executive)] == [PERSONAL, PERSONAL]


@pytest.mark.django_db
def test_manager_of_the_project_reads_no_phone_without_being_on_it():
    owner = make_owner()
    account = make_account(owner=owner)
    project = make_project(account=account, owner=owner)
    contact = make_contact(account=account)
    assert hidden_on(make_manager(project), contact) & PERSONAL == PERSONAL


@pytest.mark.django_db
def test_what_one_cannot_read_one_cannot_overwrite():
    owner = make_owner()
    contact = make_contact(account=make_account(owner=owner), mobile="13812345678")
    manager = make_user(roles=("sales-manager",), manages=owner.department)
    update_contact(contact_id=contact.pk, changes={"title": "buyer"}, by=manager, at=AT)
    with pytest.raises(NotAllowed):
        update_contact(contact_id=contact.pk, changes={"mobile": "1"}, by=manager, at=AT)


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 8])
def test_masking_many_contacts_takes_the_same_queries(rows, django_assert_num_queries):
    user = make_user(department=make_department())
    contacts = [make_contact() for _number in range(rows)]
    readable_fields(user, "accounts.contact")  # loads the user's reach
    with django_assert_num_queries(1):
        hidden = hidden_many(user, contacts)
    assert [fields & PERSONAL for fields in hidden.values()] == [PERSONAL] * rows


@pytest.mark.django_db
def test_nobody_filters_by_a_phone_or_an_internal_key():
    seller, admin = make_owner(), make_user(roles=("administrator",))
    fields = ("name", "account", "account_id", "mobile", "sort_key", "nonsense")
    assert [may_filter(seller, "accounts.contact", name) for name in fields] == [True, True, True, False, False, False]
    assert [may_filter(user, "core.parameter", "value") for user in (seller, admin)] == [False, True]


@pytest.mark.django_db
def test_who_left_reads_nothing():
    user = make_user(is_active=False)
    assert readable_fields(user, "accounts.contact") == set()
