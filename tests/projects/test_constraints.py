"""What the database itself refuses, whoever writes: imports and load data come in beside the operations."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from openpsm.accounts.models import Account
from openpsm.activities.models import Activity, ActivityPerson
from openpsm.buying.models import AttitudeChange, Contender, Criterion, IntelligenceItem, Stakeholder
from openpsm.evaluation.models import EvaluationModel
from openpsm.org.models import Department, Task
from openpsm.projects.models import ClosingReport, Project, StageVisit
from openpsm.projects.operations import lose
from openpsm.registrations.models import Registration
from tests.factories import AT
from tests.factories.activities import log_activity, plan_activity
from tests.factories.buying import make_contender, make_criterion, make_intelligence, make_stakeholder
from tests.factories.projects import make_project

pytestmark = pytest.mark.django_db


def refused(write: Callable[[], Any]) -> bool:
    try:
        with transaction.atomic():
            write()
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (Project, {"probability": 101}),
        (Project, {"grade": "E"}),
        (Project, {"outcome": "won"}),
        (Project, {"outcome_at": AT}),
        (Project, {"hold_until": AT.date()}),
        (Account, {"is_unassigned": True}),
        (Activity, {"is_confirmed": True}),
        (Activity, {"cost": -1}),
        (Activity, {"state": "planned", "planned_on": None}),
        (Stakeholder, {"power_class": 5}),
        (AttitudeChange, {"value": 3}),
        (Contender, {"relations": -3}),
        (Contender, {"rank": 0}),
        (Criterion, {"weight": 101}),
        (Criterion, {"our_fit": 6}),
        (IntelligenceItem, {"state": "unknown", "ask_by": None}),
        (IntelligenceItem, {"is_confirmed": True}),
        (EvaluationModel, {"key": "second", "is_default": True}),
        (Task, {"done_at": AT, "dropped_at": AT}),
        (Task, {"subject_id": 7, "subject_type": ""}),
        (Registration, {"account": None}),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(model, wrong):
    project = make_project()
    log_activity(project), make_contender(project), make_criterion(project)
    make_stakeholder(project, attitude=1), make_intelligence(project), make_intelligence(project, "budget", "unknown")
    plan_activity(project)
    seen = {"kind": "account", "name": "n", "strict_key": "n", "account": project.account, "owner": project.owner}
    Registration.objects.create(**seen, registered_at=AT)
    row = model._base_manager.order_by("pk").first()
    if model is EvaluationModel:
        assert refused(lambda: model._base_manager.create(**wrong))
    else:
        assert refused(lambda: model._base_manager.filter(pk=row.pk).update(**wrong))


def test_parts_and_reports_that_contradict_themselves_are_refused():
    project = make_project()
    activity, person = log_activity(project), make_stakeholder(project)
    lose(project_id=project.pk, reason="price", destination="Rival Oils", by=project.owner, at=AT)
    report = ClosingReport.objects.get()
    visit = {"project": project, "stage": project.stage, "entered_at": AT}
    assert refused(lambda: ActivityPerson.objects.create(activity=activity))
    assert refused(lambda: StageVisit.objects.create(**visit, left_at=AT - timedelta(days=1)))
    assert refused(
        lambda: ClosingReport.objects.create(project=project, outcome="lost", reason="price", by=report.by, at=AT)
    )
    assert refused(lambda: ClosingReport.objects.filter(pk=report.pk).update(outcome="won"))
    assert refused(lambda: Stakeholder.objects.filter(pk=person.pk).update(reports_to=person.pk))
    assert refused(lambda: Account.objects.filter(pk=project.account_id).update(parent=project.account_id))
    assert refused(lambda: Department.objects.create(name="Twin", path=project.department.path))


def test_amounts_are_in_the_currency_of_the_installation_unless_said_otherwise(settings):
    settings.OPENPSM_CURRENCY = "USD"
    project = make_project()
    lose(
        project_id=project.pk,
        reason="price",
        winner_name="Rival Oils",
        winner_amount=Decimal(900_000),
        by=project.owner,
        at=AT,
    )
    assert (project.amount_currency, ClosingReport.objects.get().winner_currency) == ("USD", "USD")
