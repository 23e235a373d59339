"""Give the accounts that are there the mark of their names without legal form, by which a claim finds them."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.db import migrations

from openpsm.accounts.names import company_name
from openpsm.core.text import fold


def add_plain_marks(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("accounts", "Account").objects.values_list("pk", "name", "short_name")
    _write(apps, ((pk, name) for pk, *names in rows.iterator(chunk_size=2000) for name in names))
    _write(apps, apps.get_model("accounts", "AccountName").objects.values_list("account_id", "name").iterator(2000))


def _write(apps: Any, names: Any) -> None:
    mark = apps.get_model("accounts", "AccountMark")
    found = (mark(account_id=pk, mark=f"plain:{company_name(name).plain}") for pk, name in names if fold(name))
    while batch := list(islice(found, 2000)):
        mark.objects.bulk_create(batch, ignore_conflicts=True)


def remove_plain_marks(apps: Any, schema_editor: Any) -> None:
    apps.get_model("accounts", "AccountMark").objects.filter(mark__startswith="plain:").delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(add_plain_marks, remove_plain_marks)]
