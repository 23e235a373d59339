"""One process of the races around merging. Run as `python -m tests.races.merger`.

prepare         migrates, installs, makes a manager, a seller and another one, prints their ids
race USER_ID    reads {"go": seconds, "do": …, …} a line, answers {"won": …, "code": …, …} a line
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

from openpsm.accounts.models import Account  # noqa: E402  # Django is set up above
from openpsm.accounts.operations import NewAccount, update_account  # noqa: E402
from openpsm.cli.installation import install_shipped_data, migrate  # noqa: E402
from openpsm.core import parameters  # noqa: E402
from openpsm.core.errors import DomainError  # noqa: E402
from openpsm.duplicates.operations import merge_accounts, undo_merge  # noqa: E402
from openpsm.org.models import User  # noqa: E402
from openpsm.registrations.operations import register  # noqa: E402
from tests.factories.org import make_department, make_user  # noqa: E402


def prepare() -> None:
    now = datetime.now(UTC)
    migrate()
    install_shipped_data(now)
    parameters.set_parameter(key="registration.checks_per_hour", value=100_000, by=None, at=now)
    parameters.set_parameter(key="registration.foreign_per_day", value=100_000, by=None, at=now)
    department = make_department()
    manager = make_user(roles=("executive",), department=department)
    print(json.dumps({"users": [manager.pk, make_user(department=department).pk]}), flush=True)


def make(order: dict[str, Any], by: User) -> dict[str, Any]:
    """Two accounts for the next round."""
    made = [register(account=NewAccount(name=name), by=by, at=datetime.now(UTC)).account_id for name in order["names"]]
    return {"ids": made}


def merge(order: dict[str, Any], by: User) -> dict[str, Any]:
    kept, gone = order["ids"]
    made = merge_accounts(kept_id=kept, gone_id=gone, by=by, at=datetime.now(UTC), gone_version=order.get("version"))
    return {"merge": made.pk}


def undo(order: dict[str, Any], by: User) -> dict[str, Any]:
    undo_merge(merge_id=order["merge"], by=by, at=datetime.now(UTC))
    return {}


def edit(order: dict[str, Any], by: User) -> dict[str, Any]:
    changes = {"note": "Changed in the same moment"}
    try:
        update_account(
            account_id=order["ids"][1], changes=changes, by=by, at=datetime.now(UTC), version=order["version"]
        )
    except Account.DoesNotExist:
        raise DomainError("gone", code="gone") from None
    return {}


def claim(order: dict[str, Any], by: User) -> dict[str, Any]:
    """Somebody registers the name of the account that vanishes."""
    register(account=NewAccount(name=order["name"]), by=by, at=datetime.now(UTC))
    return {}


def look(order: dict[str, Any], by: User) -> dict[str, Any]:
    live = Account.objects.live().filter(pk__in=order["ids"])
    named = Account.objects.live().filter(name=order["name"]).count() if "name" in order else 0
    return {"live": sorted(live.values_list("pk", flat=True)), "named": named}


DEEDS = {"make": make, "merge": merge, "undo": undo, "edit": edit, "claim": claim, "look": look}


def act(order: dict[str, Any], by: User) -> dict[str, Any]:
    try:
        return {"won": True, "code": "", **DEEDS[order["do"]](order, by)}
    except DomainError as error:
        return {"won": False, "code": error.code}


def serve(user_id: int) -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        by = User.objects.select_related("department").get(pk=user_id)
        while time.time() < order["go"]:
            pass
        print(json.dumps(act(order, by)), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare()
    else:
        serve(int(sys.argv[2]))
