"""Accounts that lie in the public pool already are there since they were last changed."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import F


def fill(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("accounts", "Account").objects.filter(owner=None, is_unassigned=False, pooled_at=None)
    rows.update(pooled_at=F("updated_at"))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_pooled_at")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
