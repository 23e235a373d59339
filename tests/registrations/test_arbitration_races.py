"""Two contests, or two decisions, at once: exactly one wins."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from openpsm.accounts.models import Account
from openpsm.org.models import User
from openpsm.registrations.matching import Claim, key_of
from openpsm.registrations.models import Arbitration, Registration
from openpsm.registrations.operations import decide_arbitration, request_arbitration
from tests.factories import AT
from tests.factories.org import make_department, make_user
from tests.factories.registrations import register_account
from tests.org.test_races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
NAME = "宁夏天华混凝土有限公司"


def contest(user: User, account: Account) -> Callable[[], object]:
    key = key_of("account", account.pk)
    return lambda: request_arbitration(account=Claim(NAME), hit=key, by=User.objects.get(pk=user.pk), at=AT)


def test_one_contest_and_one_decision_win():
    place = make_department()
    first, second, third = (make_user(department=place) for _each in range(3))
    bosses = [make_user(roles=("sales-manager",), manages=place) for _each in range(2)]
    account = register_account(NAME, by=first).account
    assert account is not None
    assert sorted(at_once(contest(second, account), contest(third, account))) == ["", "arbitration-waiting"]
    made = Arbitration.objects.get()

    def settle(boss: User, main_id: int) -> Callable[[], object]:
        return lambda: decide_arbitration(
            arbitration_id=made.pk,
            version=made.version,
            main_id=main_id,
            share=Decimal(8),
            asker_likelihood=40,
            holder_likelihood=60,
            reason="Was there first",
            by=User.objects.get(pk=boss.pk),
            at=AT,
        )

    said = at_once(settle(bosses[0], made.asker_id), settle(bosses[1], made.holder_id))
    assert sorted(said) in (["", "stale"], ["", "arbitration-closed"])
    made.refresh_from_db()
    account.refresh_from_db()
    assert account.owner_id == made.main_id
    assert Registration.objects.filter(status="live", kind="account").count() == 1
