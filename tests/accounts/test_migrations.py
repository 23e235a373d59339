from importlib import import_module

import pytest
from django.apps import apps

from openpsm.accounts.models import AccountMark
from openpsm.accounts.operations import NewAccount, create_accounts
from tests.factories import AT
from tests.factories.org import make_department, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "kinds", "number"),
    [("0002_plain_marks", ("plain",), 3), ("0004_leading_marks", ("near", "half", "head", "part"), 5)],
)
def test_accounts_that_were_there_get_the_marks_that_new_ones_have(name, kinds, number):
    row = NewAccount(name="宁夏远景化工有限公司", short_name="远景化工", other_names=[("former", "银川远景化工厂")])
    create_accounts(rows=[row], by=make_user(department=make_department()), at=AT)
    marks = AccountMark.objects.filter(mark__regex=f"^({'|'.join(kinds)}):")
    due = set(marks.values_list("mark", flat=True))
    operation = import_module(f"openpsm.accounts.migrations.{name}").Migration.operations[0]
    operation.reverse_code(apps, None)
    assert (len(due), marks.count()) == (number, 0)
    operation.code(apps, None)
    assert set(marks.values_list("mark", flat=True)) == due
