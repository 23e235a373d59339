"""Two words at once on one approval: none is lost, none counts twice."""

from collections.abc import Callable

import pytest

from openpsm.org import operations
from openpsm.org.models import Approval, ApprovalSeat, User
from openpsm.org.operations import NewStep
from tests.factories import AT
from tests.factories.approvals import CLOSED, ask, decide, forget
from tests.factories.org import make_department, make_user
from tests.org.test_races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(autouse=True)
def _anew():
    forget()


def word(approval: Approval, user: User, decision: str = "approve") -> Callable[[], object]:
    return lambda: decide(approval, User.objects.get(pk=user.pk), decision)


def test_of_a_yes_and_a_no_at_once_the_first_counts():
    one, other = make_user(), make_user()
    approval = ask(make_user(), NewStep((one.pk, other.pk), "any"), about=make_department())
    assert sorted(at_once(word(approval, one), word(approval, other, "reject"))) == ["", "approval-closed"]
    assert (len(CLOSED), ApprovalSeat.objects.exclude(decision="").count()) == (1, 1)


def test_two_of_all_who_agree_at_once_are_both_heard():
    one, other = make_user(), make_user()
    approval = ask(make_user(), [one, other], about=make_department())
    assert at_once(word(approval, one), word(approval, other)) == ["", ""]
    assert (Approval.objects.get().state, CLOSED) == ("approved", [("test.plain", "approved")])


def test_the_same_word_sent_twice_counts_once():
    boss = make_user()
    approval = ask(make_user(), [boss], about=make_department())
    assert sorted(at_once(word(approval, boss), word(approval, boss))) == ["", "approval-closed"]
    assert len(CLOSED) == 1


def test_withdrawn_or_decided_but_not_both():
    asker, boss = make_user(), make_user()
    approval = ask(asker, [boss], about=make_department())

    def withdraw() -> object:
        by = User.objects.get(pk=asker.pk)
        return operations.withdraw_approval(approval_id=approval.pk, version=None, by=by, at=AT)

    assert sorted(at_once(withdraw, word(approval, boss))) == ["", "approval-closed"]
    assert len(CLOSED) == 1


def test_asked_twice_at_once_it_waits_once():
    asker, boss, thing = make_user(), make_user(), make_department()
    again: Callable[[], object] = lambda: ask(User.objects.get(pk=asker.pk), [boss], about=thing)  # noqa: E731 - short
    assert sorted(at_once(again, again)) == ["", "approval-waiting"]
    assert Approval.objects.count() == 1
