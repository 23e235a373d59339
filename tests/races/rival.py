"""One process of the races between channels. Run as `python -m tests.races.rival`.

prepare [--unguarded]        migrates, installs, makes three sellers and an executive at one customer, prints their ids
race USER_ID [--unguarded]   reads {"go": seconds, "by": channel, "behind": seconds, …} lines, answers {"won": …, …}

A page and an API call are requests to the program in this process, with all that stands before its views. Unguarded is
the control: no unique key in the database, no lock, the check in a transaction of its own.
"""

import csv
import io
import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "openpsm.settings"
django.setup()

from django.core.management import call_command  # noqa: E402  # Django is set up above
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from openpsm.accounts.operations import NewAccount, add_account_member  # noqa: E402
from openpsm.cli.installation import install_shipped_data, migrate  # noqa: E402
from openpsm.core import parameters  # noqa: E402
from openpsm.core.errors import DomainError  # noqa: E402
from openpsm.exchange.imports import operations as imports  # noqa: E402
from openpsm.exchange.imports.kinds import accounts as account_rows  # noqa: E402
from openpsm.exchange.imports.kinds import alike  # noqa: E402
from openpsm.exchange.imports.kinds import projects as project_rows  # noqa: E402
from openpsm.org.models import User  # noqa: E402
from openpsm.org.operations import make_token  # noqa: E402
from openpsm.projects.operations import NewProject  # noqa: E402
from openpsm.registrations import matching  # noqa: E402
from openpsm.registrations.operations import checking, register  # noqa: E402
from tests.factories.accounts import unlike_name  # noqa: E402
from tests.factories.org import make_department, make_user  # noqa: E402
from tests.factories.registrations import make_seller  # noqa: E402

PAUSE = 0.03
PLACE = "localhost"


def prepare(*, is_guarded: bool) -> None:
    now = datetime.now(UTC)
    migrate()
    install_shipped_data(now)
    call_command("collectstatic", interactive=False, verbosity=0)
    parameters.set_parameter(key="registration.checks_per_hour", value=100_000, by=None, at=now)
    parameters.set_parameter(key="registration.foreign_per_day", value=100_000, by=None, at=now)
    sellers = [make_seller() for _number in range(3)]
    taker = make_user(roles=("executive",), department=make_department())
    made = register(account=NewAccount(name=unlike_name()), by=sellers[0], at=now)
    assert made.account_id is not None
    for seller in sellers[1:]:
        add_account_member(account_id=made.account_id, user_id=seller.pk, by=sellers[0], at=now)
    if not is_guarded:
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX one_live_registration_per_name")
    users = [one.pk for one in (*sellers, taker)]
    print(json.dumps({"users": users, "account": made.account_id, "customer": made.name}), flush=True)


class Rival:
    """One user with a way in through each channel."""

    def __init__(self, user_id: int, *, is_guarded: bool) -> None:
        self.by = User.objects.select_related("department").get(pk=user_id)
        self.is_guarded = is_guarded
        self.browser = Client(HTTP_HOST=PLACE)
        self.browser.force_login(self.by)
        _row, token = make_token(name="race", by=self.by, at=datetime.now(UTC))
        self.api = Client(HTTP_HOST=PLACE, headers={"Authorization": f"Bearer {token}"})
        self.batch = 0

    def page(self, order: dict[str, Any]) -> dict[str, Any]:
        """Send the form; who has won is led to the claim."""
        sent = {"name": order["name"], "kind": "buyer"} if "account" not in order else {"account_id": order["account"]}
        sent |= {"project_name": order["project"]} if "project" in order else {}
        answer = self.browser.post("/registrations/new", sent)
        assert answer.status_code < 500, answer
        return {"won": answer.status_code == 302, "code": "" if answer.status_code == 302 else "collision"}

    def call(self, order: dict[str, Any]) -> dict[str, Any]:
        sent: dict[str, Any] = {"account": {"name": order["name"]}} if "account" not in order else {}
        if "project" in order:
            sent = {"account_id": order["account"], "project": {"name": order["project"]}}
        answer = self.api.post("/api/v1/registrations", sent, content_type="application/json")
        assert answer.status_code in (201, 409), answer.content
        return {"won": answer.status_code == 201, "code": "" if answer.status_code == 201 else answer.json()["code"]}

    def operation(self, order: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC)
        try:
            if "project" in order:
                new = NewProject(name=order["project"], account_id=order["account"])
                register(account_id=order["account"], project=new, by=self.by, at=now)
            else:
                register(account=NewAccount(name=order["name"]), by=self.by, at=now)
        except DomainError as error:
            return {"won": False, "code": error.code}
        return {"won": True, "code": ""}

    def stage(self, order: dict[str, Any]) -> dict[str, Any]:
        """Upload and check the table that `publish` will take over; nothing stands in its way yet."""
        rows = [["客户名称"], [order["name"]]]
        if "project" in order:
            rows = [["项目名称", "客户名称"], [order["project"], order["customer"]]]
        kind, now = ("projects" if "project" in order else "accounts"), datetime.now(UTC)
        file = io.StringIO()
        csv.writer(file).writerows(rows)
        content = file.getvalue().encode()
        batch = imports.upload(kind=kind, file_name="t.csv", chunks=[content], by=self.by, at=now)
        chosen: dict[str, Any] = {"batch_id": batch.pk, "chosen": batch.mapping, "update_by": "", "is_partial": False}
        imports.settle(**chosen, by=self.by, at=now)
        batch = imports.check(batch_id=batch.pk, by=self.by, at=now)
        assert not batch.bad, list(batch.rows.values_list("errors", flat=True))
        imports.begin_publish(batch_id=batch.pk, by=self.by)
        self.batch = batch.pk
        return {"won": False, "code": "staged"}

    def publish(self, _order: dict[str, Any]) -> dict[str, Any]:
        batch = imports.publish(batch_id=self.batch, by=self.by, at=datetime.now(UTC))
        is_taken = batch.state == "published"
        return {"won": is_taken, "code": "" if is_taken else "meanwhile", "said": batch.message}

    def rest(self, _order: dict[str, Any]) -> dict[str, Any]:
        return {"won": False, "code": "rest"}

    def act(self, order: dict[str, Any]) -> dict[str, Any]:
        if not self.is_guarded and order["by"] not in ("stage", "rest"):
            checking.refuse(CHECK(by=self.by, account=matching.Claim(order["name"])), ())
            time.sleep(PAUSE)
        found: dict[str, Any] = getattr(self, order["by"])(order)
        return found


CHECK = matching.check


def unguard() -> None:
    """Let everybody pass who has looked a moment ago."""
    for module in (checking, alike, account_rows, project_rows):
        if hasattr(module, "lock"):
            setattr(module, "lock", lambda: None)  # noqa: B010 - a name that it has imported
    matching.check = lambda **_claim: []
    setattr(account_rows, "require_still_new", lambda *_rows: None)  # noqa: B010 - likewise


def serve(user_id: int, *, is_guarded: bool) -> None:
    rival = Rival(user_id, is_guarded=is_guarded)
    if not is_guarded:
        unguard()
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        while time.time() < order["go"] + order.get("behind", 0):
            pass
        try:
            answer = rival.act(order)
        except DomainError as error:
            answer = {"won": False, "code": error.code}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    guarded = "--unguarded" not in sys.argv
    if sys.argv[1] == "prepare":
        prepare(is_guarded=guarded)
    else:
        serve(int(sys.argv[2]), is_guarded=guarded)
