"""Let the database itself refuse to change or delete events."""

from typing import Any

from django.db import migrations

from openpsm.core.events import protection


def install(apps: Any, schema_editor: Any) -> None:
    protection.install(schema_editor.connection)


def remove(apps: Any, schema_editor: Any) -> None:
    protection.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [migrations.RunPython(install, remove)]
