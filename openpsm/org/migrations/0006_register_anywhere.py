"""Whoever takes over stock may register in every territory: the right that says so stands in the role from now on."""

from typing import Any

from django.db import migrations

OLD, NEW = "project.take_over", "registration.anywhere"


def give(apps: Any, schema_editor: Any) -> None:
    for role in apps.get_model("org", "Role").objects.all():
        if OLD in role.permissions and NEW not in role.permissions:
            role.permissions = sorted([*role.permissions, NEW])
            role.save(update_fields=["permissions"])


def take(apps: Any, schema_editor: Any) -> None:
    for role in apps.get_model("org", "Role").objects.all():
        if NEW in role.permissions:
            role.permissions = [key for key in role.permissions if key != NEW]
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("org", "0005_handovers")]

    operations = [migrations.RunPython(give, take)]
