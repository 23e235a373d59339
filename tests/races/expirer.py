"""One process of the race around the end of a protection. Run as `python -m tests.races.expirer`.

prepare [--unguarded]        migrates, installs, makes an owner, a manager and a rival, prints their ids
race USER_ID [--unguarded]   reads {"go": seconds, "do": …, …} lines, answers {"won": …, "code": …, …}

Unguarded is the control: the sweep looks, takes its time, and ends what it has seen without looking again.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "openpsm.settings"
django.setup()

from django.db import transaction  # noqa: E402  # Django is set up above
from django.test import Client  # noqa: E402

from openpsm.accounts.models import Account  # noqa: E402
from openpsm.accounts.operations import NewAccount  # noqa: E402
from openpsm.activities import operations as activities  # noqa: E402
from openpsm.activities.models import Activity  # noqa: E402
from openpsm.activities.protecting import last_visits  # noqa: E402
from openpsm.cli.installation import install_shipped_data, migrate  # noqa: E402
from openpsm.core import events, parameters  # noqa: E402
from openpsm.core.dates import today  # noqa: E402
from openpsm.core.errors import DomainError  # noqa: E402
from openpsm.core.events import Event  # noqa: E402
from openpsm.org.models import User  # noqa: E402
from openpsm.org.operations import make_token  # noqa: E402
from openpsm.registrations.models import PoolStay, Registration  # noqa: E402
from openpsm.registrations.operations import claim_account, protection, register, sweep_protection  # noqa: E402
from tests.factories.accounts import make_contact, unlike_name  # noqa: E402
from tests.factories.org import make_department, make_user  # noqa: E402

PAUSE = 0.1


def prepare() -> None:
    now = datetime.now(UTC)
    migrate()
    install_shipped_data(now)
    for key in ("registration.checks_per_hour", "registration.foreign_per_day", "registration.pool_limit"):
        parameters.set_parameter(key=key, value=100_000, by=None, at=now)
    parameters.set_parameter(key="registration.pool_claims_per_day", value=3_000, by=None, at=now)
    department = make_department()
    owner, rival = make_user(department=department), make_user(department=make_department())
    manager = make_user(roles=("sales-manager",), department=department, manages=department)
    print(json.dumps({"users": [owner.pk, manager.pk, rival.pk]}), flush=True)


def make(_order: dict[str, Any], by: User) -> dict[str, Any]:
    """A customer whose protection ended yesterday, of which its owner was warned, and a visit that nobody confirmed."""
    now = datetime.now(UTC)
    made = register(account=NewAccount(name=unlike_name()), by=by, at=now - timedelta(days=3))
    person = make_contact(account=made.account, by=by)
    visit = activities.log_activity(
        account_id=made.account_id,
        kind="visit",
        done_on=today(now),
        result="Met the user",
        next_step="Send the data sheet",
        next_on=today(now) + timedelta(days=7),
        also=activities.Told(contact_ids=[person.pk]),
        by=by,
        at=now,
    )
    over = today(now) - timedelta(days=1)
    Registration.objects.filter(pk=made.pk).update(protected_until=over, warned_for=over)
    return {"claim": made.pk, "account": made.account_id, "visit": visit.pk, "version": visit.version}


def confirm(order: dict[str, Any], by: User) -> dict[str, Any]:
    """The manager ticks the visit, through the API."""
    _row, token = make_token(name="race", by=by, at=datetime.now(UTC))
    client = Client(HTTP_HOST="localhost", headers={"Authorization": f"Bearer {token}"})
    seen = {"If-Match": f'"{order["version"]}"'}
    answer = client.post(
        f"/api/v1/activities/{order['visit']}/confirm", {}, content_type="application/json", headers=seen
    )
    assert answer.status_code in (200, 403, 404, 409), (answer.status_code, answer.content)
    return {"status": answer.status_code}


def sweep(_order: dict[str, Any], _by: User) -> dict[str, Any]:
    swept = sweep_protection(at=datetime.now(UTC), visits=last_visits)
    return {"expired": swept.expired, "renewed": swept.renewed}


def sweep_blindly(_order: dict[str, Any], _by: User) -> dict[str, Any]:
    now = datetime.now(UTC)
    rows = list(protection._due(now).select_related("account", "project", "owner"))
    time.sleep(PAUSE)
    with transaction.atomic(), events.together():
        protection._expire(rows, now)
    return {"expired": len(rows)}


def take(order: dict[str, Any], by: User) -> dict[str, Any]:
    """A colleague who waits for it takes it as soon as it lies in the pool."""
    claim_account(account_id=order["account"], by=by, at=datetime.now(UTC))
    return {}


def look(order: dict[str, Any], _by: User) -> dict[str, Any]:
    claim = Registration.objects.select_related("account").get(pk=order["claim"])
    counted = Event.objects.filter(subject_type="registrations.registration", subject_id=claim.pk)
    account = claim.account
    assert account is not None
    return {
        "status": claim.status,
        "is_running": claim.protected_until is not None and claim.protected_until > today(datetime.now(UTC)),
        "is_owners": account.owner_id == claim.owner_id,
        "stays": PoolStay.objects.filter(account=account).count(),
        "live": Registration.objects.filter(account=account, status="live").count(),
        "renewed": counted.filter(name="registration.renewed").count(),
        "expired": counted.filter(name="registration.expired").count(),
        "confirmed": Activity.objects.get(pk=order["visit"]).is_confirmed,
    }


DEEDS = {"make": make, "confirm": confirm, "sweep": sweep, "take": take, "look": look, "rest": lambda _order, _by: {}}


def serve(user_id: int, *, is_guarded: bool) -> None:
    by = User.objects.select_related("department").get(pk=user_id)
    deeds = DEEDS if is_guarded else DEEDS | {"sweep": sweep_blindly}
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        while time.time() < order["go"] + order.get("behind", 0):
            pass
        try:
            answer = {"won": True, "code": "", **deeds[order["do"]](order, by)}
        except Account.DoesNotExist:
            answer = {"won": False, "code": "unseen"}
        except DomainError as error:
            answer = {"won": False, "code": error.code}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare()
    else:
        serve(int(sys.argv[2]), is_guarded="--unguarded" not in sys.argv)
