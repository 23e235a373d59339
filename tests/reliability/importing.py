"""The world of the killed import: `python -m tests.reliability.importing prepare|publish|later|count`."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "openpsm.settings"
django.setup()

from django.db import connection  # noqa: E402  # Django is set up above

from openpsm.accounts.models import Account, AccountGram, AccountMark  # noqa: E402
from openpsm.cli.installation import install_shipped_data, migrate  # noqa: E402
from openpsm.core import events  # noqa: E402
from openpsm.core.models import Event, Job  # noqa: E402
from openpsm.exchange.imports import operations  # noqa: E402
from openpsm.exchange.models import ImportBatch, ImportRow  # noqa: E402
from openpsm.org.models import User  # noqa: E402
from tests.factories.org import make_department, make_user  # noqa: E402

ROWS = int(os.environ.get("ROWS", "0"))
NUMERALS = str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")


def prepare(now: datetime) -> None:
    """Bring a file and let it be checked by whatever worker comes."""
    migrate()
    install_shipped_data(now)
    by = make_user("boss", roles=["executive", "administrator"], department=make_department("总部"))
    names = (f"杭州{str(number).translate(NUMERALS)}液压机械有限公司" for number in range(ROWS))
    content = "\n".join(("客户名称", *names)).encode()
    batch = operations.upload(kind="accounts", file_name="many.csv", chunks=[content], by=by, at=now)
    operations.request_check(batch_id=batch.pk, chosen=batch.mapping, by=by, at=now)


def publish(now: datetime) -> None:
    """Let the checked rows be published."""
    operations.request_publish(batch_id=ImportBatch.objects.get().pk, by=User.objects.get(username="boss"), at=now)


def later(now: datetime) -> None:
    """Let the leases of the dead run out, as if some minutes had passed."""
    earlier = now - timedelta(minutes=2)
    Job.objects.filter(state=Job.State.RUNNING).update(leased_until=earlier, rung_at=earlier)


def count(_now: datetime) -> None:
    """Print what there is, and whether the database is sound."""
    connection.check_constraints()
    batch = ImportBatch.objects.get()
    print(
        json.dumps(
            {
                "accounts": Account.objects.count(),
                "names": Account.objects.values("strict_key").distinct().count(),
                "found": AccountGram.objects.values("account").distinct().count(),
                "marked": AccountMark.objects.values("account").distinct().count(),
                "created": Event.objects.filter(name="account.created").count(),
                "published": Event.objects.filter(name="import.published").count(),
                "rows": ImportRow.objects.filter(state="published").values("record_id").distinct().count(),
                "told": batch.created,
                "problems": [f"{problem.seq}: {problem.message}" for problem in events.verify()],
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    {"prepare": prepare, "publish": publish, "later": later, "count": count}[sys.argv[1]](datetime.now(UTC))
