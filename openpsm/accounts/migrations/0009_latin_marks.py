"""Give the accounts with names in Latin letters the marks by which such names are found."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.db import migrations
from django.db.models import Q

from openpsm.accounts.latin import latin_marks

KINDS = ("latin", "begin", "end", "rest", "slip")


def add_marks(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("accounts", "Account").objects.values_list("pk", "name", "short_name")
    _write(apps, ((pk, name) for pk, *names in rows.iterator(chunk_size=2000) for name in names))
    _write(apps, apps.get_model("accounts", "AccountName").objects.values_list("account_id", "name").iterator(2000))


def _write(apps: Any, names: Any) -> None:
    mark = apps.get_model("accounts", "AccountMark")
    found = (mark(account_id=pk, mark=one[:220]) for pk, name in names for one in sorted(latin_marks(name)))
    while batch := list(islice(found, 2000)):
        mark.objects.bulk_create(batch, ignore_conflicts=True)


def remove_marks(apps: Any, schema_editor: Any) -> None:
    kinds = Q()
    for kind in KINDS:
        kinds |= Q(mark__startswith=f"{kind}:")
    apps.get_model("accounts", "AccountMark").objects.filter(kinds).delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_marks_by_brand")]
    operations = [migrations.RunPython(add_marks, remove_marks)]
