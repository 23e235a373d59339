"""Pairs of signs by which parts of project names are found, for the projects that are there too."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from openpsm.core import bulk
from openpsm.core.text import telling_bigrams

BATCH = 5_000


def add_grams(apps: Any, schema_editor: Any) -> None:
    gram = apps.get_model("projects", "ProjectGram")
    named = apps.get_model("projects", "Project").objects.values_list("pk", "name").order_by("pk")
    last = 0
    while batch := list(named.filter(pk__gt=last)[:BATCH]):
        last = batch[-1][0]
        pairs = sorted((pair, pk) for pk, name in batch for pair in telling_bigrams(name))
        bulk.write_values(gram, ["gram", "project"], pairs)


class Migration(migrations.Migration):
    dependencies = [("projects", "0004_members_of_others")]
    operations = [
        migrations.CreateModel(
            name="ProjectGram",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("gram", models.CharField(max_length=2)),
                (
                    "project",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grams",
                        to="projects.project",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("gram", "project"), name="project_gram_once")],
                "indexes": [models.Index(fields=["project"], name="project_gram_project")],
            },
        ),
        migrations.RunPython(add_grams, migrations.RunPython.noop),
    ]
