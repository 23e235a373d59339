"""One process of the race for the public pool. Run as `python -m tests.races.taker`.

prepare --rounds=N [--unguarded]   migrates, installs, makes three sellers and N customers in the pool, prints their ids
race USER_ID [--unguarded]         reads {"go": …, "account": id, "via": …} a line, answers {"won": …, "status": …}

`via` is the page, the API, or the registration of a hit. Unguarded is the control: no unique keys in the database, no
lock, the look at the owner in a transaction of its own.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "openpsm.settings"
django.setup()

from django.db import connection, transaction  # noqa: E402  # Django is set up above
from django.test import Client  # noqa: E402

from openpsm.accounts.models import Account  # noqa: E402
from openpsm.accounts.operations import NewAccount  # noqa: E402
from openpsm.cli.installation import install_shipped_data, migrate  # noqa: E402
from openpsm.core import parameters  # noqa: E402
from openpsm.core.errors import DomainError  # noqa: E402
from openpsm.org.models import User  # noqa: E402
from openpsm.org.operations import make_token  # noqa: E402
from openpsm.registrations import operations  # noqa: E402
from openpsm.registrations.matching import key_of  # noqa: E402
from openpsm.registrations.models import Registration  # noqa: E402
from openpsm.registrations.operations import pool  # noqa: E402
from tests.factories.accounts import make_account  # noqa: E402
from tests.factories.registrations import make_seller  # noqa: E402

PAUSE = 0.03
UNLIMITED = (
    "registration.checks_per_hour",
    "registration.foreign_per_day",
    "registration.pool_limit",
    "registration.pool_claims_per_day",
    "api.requests_per_minute",
)


def prepare(*, is_guarded: bool, rounds: int) -> None:
    migrate()
    at = datetime.now(UTC)
    install_shipped_data(at)
    for key in UNLIMITED:
        parameters.set_parameter(key=key, value=3650 if key.endswith("day") else 100_000, by=None, at=at)
    if not is_guarded:
        with connection.cursor() as cursor:
            for name in ("one_live_registration_per_name", "account_has_one_owner"):
                cursor.execute(f"DROP INDEX {name}")
    sellers = [make_seller().pk for _ in range(3)]
    made = [make_account(is_in_pool=True, at=at).pk for _ in range(rounds)]
    print(json.dumps({"users": sellers, "accounts": made}), flush=True)


class Seller:
    """Takes customers as one person, by whichever way."""

    def __init__(self, by: User) -> None:
        self.by = by
        self.browser = Client(SERVER_NAME="localhost")
        self.browser.force_login(by)
        _kept, self.token = make_token(name="race", by=by, at=datetime.now(UTC))

    def page(self, account: int) -> int:
        return self.browser.post(f"/accounts/{account}/claim", {"from": "pool"}).status_code

    def api(self, account: int) -> int:
        path = f"/api/v1/registrations/pool/{account}/claim"
        sent = {"Authorization": f"Bearer {self.token}"}
        return Client(SERVER_NAME="localhost").generic("POST", path, b"", content_type="", headers=sent).status_code

    def register(self, account: int) -> int:
        """Register the customer under its own name, answering to the hit."""
        name = Account.objects.values_list("name", flat=True).get(pk=account)
        hit = key_of("account", account)
        try:
            operations.register(account=NewAccount(name=name), account_hit=hit, by=self.by, at=datetime.now(UTC))
        except DomainError:
            return 409
        return 201

    def unguarded(self, account: int) -> int:
        """What taking would be without its lock: the look first, the writing a moment later."""
        found = Account.objects.select_related("department").get(pk=account)
        time.sleep(PAUSE)
        try:
            with transaction.atomic():
                pool.take_from_pool(found, self.by, datetime.now(UTC))
        except DomainError:
            return 409
        return 201


def has_claimed(account: int, by: User) -> bool:
    """Whether a claim was made for this person, be it that another one followed."""
    return Registration.objects.filter(account=account, owner=by).exists()


def serve(user_id: int, *, is_guarded: bool) -> None:
    seller = Seller(User.objects.select_related("department").get(pk=user_id))
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        while time.time() < order["go"]:
            pass
        status = getattr(seller, order["via"] if is_guarded else "unguarded")(order["account"])
        print(json.dumps({"status": status, "won": has_claimed(order["account"], seller.by)}), flush=True)


if __name__ == "__main__":
    guarded = "--unguarded" not in sys.argv
    if sys.argv[1] == "prepare":
        rounds = next(one for one in sys.argv if one.startswith("--rounds="))
        prepare(is_guarded=guarded, rounds=int(rounds.partition("=")[2]))
    else:
        serve(int(sys.argv[2]), is_guarded=guarded)
