from importlib import import_module

import pytest
from django.apps import apps

from openpsm.accounts.models import AccountMark
from openpsm.accounts.operations import NewAccount, create_accounts
from tests.factories import AT
from tests.factories.org import make_department, make_user

pytestmark = pytest.mark.django_db


def test_accounts_that_were_there_get_the_marks_that_new_ones_have():
    row = NewAccount(name="宁夏远景化工有限公司", short_name="远景化工", other_names=[("former", "银川远景化工厂")])
    create_accounts(rows=[row], by=make_user(department=make_department()), at=AT)
    marks = AccountMark.objects.filter(mark__startswith="plain:")
    due = set(marks.values_list("mark", flat=True))
    migration = import_module("openpsm.accounts.migrations.0002_plain_marks")
    migration.remove_plain_marks(apps, None)
    assert (len(due), marks.count()) == (3, 0)
    migration.add_plain_marks(apps, None)
    assert set(marks.values_list("mark", flat=True)) == due
