"""Renew the marks of names: they are taken apart into place, brand and trade since, a branch into its house and place."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.db import migrations
from django.db.models import Q

from openpsm.accounts.names import company_name
from openpsm.accounts.rules import leading_marks
from openpsm.core.text import fold

KINDS = ("plain", "near", "half", "kernel", "head", "part")


def renew_marks(apps: Any, schema_editor: Any) -> None:
    old = Q()
    for kind in KINDS:
        old |= Q(mark__startswith=f"{kind}:")
    apps.get_model("accounts", "AccountMark").objects.filter(old).delete()
    rows = apps.get_model("accounts", "Account").objects.values_list("pk", "name", "short_name")
    _write(apps, ((pk, name) for pk, *names in rows.iterator(chunk_size=2000) for name in names))
    _write(apps, apps.get_model("accounts", "AccountName").objects.values_list("account_id", "name").iterator(2000))


def _write(apps: Any, names: Any) -> None:
    mark = apps.get_model("accounts", "AccountMark")
    known = ((pk, name) for pk, name in names if fold(name))
    marks = ((pk, one) for pk, name in known for one in (*leading_marks(name), f"plain:{company_name(name).plain}"))
    found = (mark(account_id=pk, mark=one[:220]) for pk, one in marks)
    while batch := list(islice(found, 2000)):
        mark.objects.bulk_create(batch, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_volumes_and_losses")]
    operations = [migrations.RunPython(renew_marks, renew_marks)]
