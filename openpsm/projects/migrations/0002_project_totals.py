"""Kept totals, the marks they count by, and both filled from the projects that are there."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q
from django.utils import timezone

import openpsm.projects.models.totals

QUIET = {"A": 14, "others": 30}


def mark(apps: Any, schema_editor: Any) -> None:
    """Set the marks by the kept facts; the nightly refresh sets those of changed limits right."""
    projects, debts = apps.get_model("projects", "Project").objects, apps.get_model("projects", "Debt").objects
    on = timezone.localdate()
    projects.filter(stage_due_on__lt=on).update(is_stalled=True)
    quiet = Q(grade="A") & _quiet(on, QUIET["A"]) | ~Q(grade="A") & _quiet(on, QUIET["others"])
    projects.filter(pk__in=projects.filter(quiet).values("pk")).update(is_stalled=True)
    projects.filter(pk__in=debts.filter(settled_at=None).values("project_id")).update(is_indebted=True)
    scored = projects.filter(**{"kept_facts__answers__evaluation.score__value__isnull": False})
    projects.filter(pk__in=scored.values("pk")).update(is_unevaluated=False)


def _quiet(on: date, days: int) -> Q:
    kept = "kept_facts__answers__activities.last_done_days__value"
    since = timezone.make_aware(datetime.combine(on - timedelta(days=days), time.min))
    return Q(**{f"{kept}__gt": days}) | Q(**{f"{kept}__isnull": True}, created_at__lt=since)


def count(apps: Any, schema_editor: Any) -> None:
    """Add up the live projects."""
    totals: dict[tuple[Any, ...], list[Any]] = {}
    names = ("owner", "department", "stage", "outcome", "is_on_hold", "is_finished", "amount_currency", "amount")
    marks = ("is_stalled", "is_indebted", "is_unevaluated")
    live = apps.get_model("projects", "Project").objects.filter(deleted_at=None)
    for row in live.values(*names, *marks, "probability", "next_step").iterator():
        state = "finished" if row["outcome"] == "won" and row["is_finished"] else row["outcome"]
        state = "held" if row["is_on_hold"] else state
        figures = [1, row["amount"], row["amount"] * row["probability"]]
        figures += [int(state == "open" and row[name]) for name in marks]
        figures.append(int(state == "open" and not row["next_step"]))
        key = (row["owner"], row["department"], row["stage"], state, row["amount_currency"])
        totals[key] = [old + new for old, new in zip(totals.get(key, [0] * 7), figures, strict=True)]
    model = apps.get_model("projects", "ProjectTotal")
    keys = ("owner", "department", "stage", "state", "currency")
    sums = ("count", "amount", "weighted", "stalled", "indebted", "unevaluated", "stepless")
    rows = [dict(zip((*keys, *sums), (*key, *figures), strict=True)) for key, figures in totals.items()]
    model.objects.bulk_create([model(**row) for row in rows], batch_size=500)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_plain_marks'),
        ('org', '0001_initial'),
        ('process', '0001_initial'),
        ('projects', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ProjectTotal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.BigIntegerField()),
                ('department', models.BigIntegerField()),
                ('stage', models.BigIntegerField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('held', 'Held'), ('won', 'Won'), ('finished', 'Finished'), ('lost', 'Lost'), ('dropped', 'Dropped')], max_length=8)),
                ('currency', models.CharField(max_length=3)),
                ('count', models.IntegerField(default=0)),
                ('amount', openpsm.projects.models.totals.SumField(default=0)),
                ('weighted', openpsm.projects.models.totals.SumField(default=0)),
                ('stalled', models.IntegerField(default=0)),
                ('indebted', models.IntegerField(default=0)),
                ('unevaluated', models.IntegerField(default=0)),
                ('stepless', models.IntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name='project',
            name='is_indebted',
            field=models.BooleanField(default=False, verbose_name='owes key nodes'),
        ),
        migrations.AddField(
            model_name='project',
            name='is_stalled',
            field=models.BooleanField(default=False, verbose_name='stalled'),
        ),
        migrations.AddField(
            model_name='project',
            name='is_unevaluated',
            field=models.BooleanField(default=True, verbose_name='not evaluated'),
        ),
        migrations.AddIndex(
            model_name='project',
            index=models.Index(condition=models.Q(('deleted_at', None), ('is_on_hold', False), ('outcome', 'open')), fields=['tender_on', 'department', 'owner'], name='project_tender_ahead'),
        ),
        migrations.AddIndex(
            model_name='project',
            index=models.Index(condition=models.Q(('deleted_at', None), ('is_on_hold', False), ('is_stalled', True), ('outcome', 'open')), fields=['-amount', '-id', 'department'], name='project_stalled_amount'),
        ),
        migrations.AddIndex(
            model_name='projecttotal',
            index=models.Index(fields=['department'], name='project_total_department'),
        ),
        migrations.AddIndex(
            model_name='projecttotal',
            index=models.Index(fields=['owner'], name='project_total_owner'),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
