"""Installations that are there already: shipped roles of managers and of the market department may merge accounts."""

from typing import Any

from django.db import migrations

MERGING = "account.merge"
ROLES = ("sales-manager", "executive", "market")


def let_merge(apps: Any, _schema_editor: Any) -> None:
    for role in apps.get_model("org", "Role").objects.filter(key__in=ROLES):
        if MERGING not in role.permissions:
            role.permissions = [*role.permissions, MERGING]
            role.save(update_fields=["permissions"])


def take_back(apps: Any, _schema_editor: Any) -> None:
    for role in apps.get_model("org", "Role").objects.all():
        if MERGING in role.permissions:
            role.permissions = [one for one in role.permissions if one != MERGING]
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("duplicates", "0001_duplicates"), ("org", "0003_saved_views")]

    operations = [migrations.RunPython(let_merge, take_back)]
