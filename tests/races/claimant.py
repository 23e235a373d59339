"""One process of the race: registers what it is told when it is told. Run as `python -m tests.races.claimant`.

prepare [--unguarded]        migrates, installs, makes three sellers, prints their ids
race USER_ID [--unguarded]   reads {"go": seconds, "name": …} a line, answers {"won": …, "code": …} a line

Unguarded is the control: no unique key in the database, no lock, the check in a transaction of its own.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "openpsm.settings"
django.setup()

from django.db import connection  # noqa: E402  # Django is set up above

from openpsm.accounts.operations import NewAccount  # noqa: E402
from openpsm.cli.installation import install_shipped_data, migrate  # noqa: E402
from openpsm.core import parameters  # noqa: E402
from openpsm.core.errors import DomainError  # noqa: E402
from openpsm.org.models import User  # noqa: E402
from openpsm.registrations import matching, operations  # noqa: E402
from openpsm.registrations.operations import checking  # noqa: E402
from tests.factories.registrations import make_seller  # noqa: E402

PAUSE = 0.03


def prepare(*, is_guarded: bool) -> None:
    migrate()
    at = datetime.now(UTC)
    install_shipped_data(at)
    parameters.set_parameter(key="registration.checks_per_hour", value=100_000, by=None, at=at)
    parameters.set_parameter(key="registration.foreign_per_day", value=100_000, by=None, at=at)
    if not is_guarded:
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX one_live_registration_per_name")
    print(json.dumps({"users": [make_seller().pk, make_seller().pk, make_seller().pk]}), flush=True)


def claim(name: str, by: User, *, is_guarded: bool) -> dict[str, Any]:
    try:
        if not is_guarded:
            check_ahead(name, by)
        operations.register(account=NewAccount(name=name), by=by, at=datetime.now(UTC))
    except DomainError as error:
        return {"won": False, "code": error.code}
    return {"won": True, "code": ""}


def check_ahead(name: str, by: User) -> None:
    """What registering would be without its lock: the check first, the writing a moment later."""
    operations.refuse(CHECK(by=by, account=matching.Claim(name)), ())
    time.sleep(PAUSE)


CHECK = matching.check


def serve(user_id: int, *, is_guarded: bool) -> None:
    by = User.objects.select_related("department").get(pk=user_id)
    if not is_guarded:
        checking.lock = lambda: None
        matching.check = lambda **_claim: []
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        while time.time() < order["go"]:
            pass
        print(json.dumps(claim(order["name"], by, is_guarded=is_guarded)), flush=True)


if __name__ == "__main__":
    guarded = "--unguarded" not in sys.argv
    if sys.argv[1] == "prepare":
        prepare(is_guarded=guarded)
    else:
        serve(int(sys.argv[2]), is_guarded=guarded)
