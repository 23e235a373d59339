"""A seller's script that guesses names, phones, codes and addresses of colleagues' customers, step by step.

It learns that something exists, whose it is and how far: nothing else, and not how near its guess was. It is stopped,
which is recorded once and told to its managers once, while others go on.
"""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from openpsm.core import limits, parameters
from openpsm.core.errors import TooMany
from openpsm.core.models import Event
from openpsm.org.models import Notification
from openpsm.org.operations import make_token
from openpsm.registrations.operations import probing
from tests.factories.accounts import make_contact, unlike_name
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_process
from tests.factories.registrations import make_seller, registered_account, registered_project

pytestmark = pytest.mark.django_db
NAME, SHORT, CODE = "宁夏远景化工有限公司", "远景", "91640100MA1ABCDE1X"
SECRETS = (
    NAME,
    "远景化工",
    SHORT,
    CODE,
    "0951-8888001",
    "8888001",
    "yuanjing.example",
    "王军",
    "13812345678",
    "二期循环",
)
SECRET_AMOUNT = "7654321"


class Script:
    """A seller of another department with a token and a browser, who writes everything down that comes back."""

    def __init__(self) -> None:
        self.boss = make_user(roles=("sales-manager",), name="Boss")
        self.department = make_department("Elsewhere", managers=[self.boss])
        self.user = make_seller(department=self.department, name="Curious")
        _row, token = make_token(name="script", by=self.user, at=timezone.now())
        self.api = Client(headers={"Authorization": f"Bearer {token}"})
        self.browser = Client()
        self.browser.force_login(self.user)
        self.heard: list[str] = []
        self.statuses: list[int] = []

    def _hear(self, answer: Any, guess: dict[str, Any]) -> Any:
        text = answer.content.decode() + json.dumps(dict(answer.headers))
        for said in guess.values():  # what one typed oneself comes back in the form and says nothing
            for word in said if isinstance(said, list) else [said]:
                text = text.replace(str(word), "")
        self.heard.append(text)
        self.statuses.append(answer.status_code)
        return answer

    def check(self, **guess: Any) -> Any:
        sent = {"account": {"name": "甲乙丙丁公司", **guess}}
        return self._hear(self.api.post("/api/v1/registrations/check", sent, content_type="application/json"), guess)

    def register(self, **guess: Any) -> Any:
        sent = {"account": {"name": unlike_name(), **guess}}
        return self._hear(self.api.post("/api/v1/registrations", sent, content_type="application/json"), guess)

    def type(self, **guess: Any) -> Any:
        return self._hear(self.browser.post("/registrations/check", guess), guess)

    def hits(self, answer: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = answer.json().get("hits", []) if answer.status_code == 200 else []
        return [{name: value for name, value in hit.items() if name != "key"} for hit in found]


@pytest.fixture
def colleague() -> Any:
    make_process()
    owner = make_seller(name="Zhang")
    account = registered_account(
        NAME, by=owner, short_name=SHORT, uscc=CODE, phone="0951-8888001", domain="yuanjing.example"
    )
    make_contact("王军", account=account, by=owner, mobile="13812345678", email="wang@yuanjing.example")
    registered_project("二期循环水泵", account=account, by=owner, amount=int(SECRET_AMOUNT))
    return owner


@pytest.fixture
def script(colleague: Any) -> Script:
    return Script()


def guesses() -> Iterator[dict[str, Any]]:
    """Names by prefixes, slips, other forms and sounds; codes, phones, domains and addresses, wrong and right."""
    for end in range(2, len(NAME) + 1):
        yield {"name": NAME[:end]}
    for at in range(2, len(NAME)):
        yield {"name": NAME[:at] + "某" + NAME[at + 1 :]}
    yield from (
        {"name": one} for one in ("宁夏远景化工", "宁夏遠景化工股份有限公司", "ningxia yuanjing", "远景", "YJHG")
    )
    for last in "0123456789X":
        yield {"uscc": CODE[:-1] + last}
    for digit in range(10):
        yield {"phones": [f"0951-888800{digit}"]}
    yield from ({"domain": one} for one in ("yuan.example", "yuanjing.example", "mail.yuanjing.example"))
    yield from ({"emails": [one]} for one in ("wang@yuanjing.example", "li@yuanjing.example"))


def test_a_script_learns_nothing_beyond_the_masked_answer(script):
    parameters.set_parameter(key="registration.checks_per_hour", value=10_000, by=None, at=timezone.now())
    for guess in guesses():
        script.check(**guess)
        script.type(name=guess.get("name", "甲乙丙丁公司"), uscc=guess.get("uscc", ""))
    assert len(script.heard) > 90
    everything = "\n".join(script.heard)
    assert [word for word in (*SECRETS, SECRET_AMOUNT) if word in everything] == []
    assert not re.search(r'"(id|label)":', everything)
    assert "Zhang" in everything


def test_every_answer_to_a_hit_is_the_same_whatever_led_there(script):
    """Class, owner and how far; of two guesses that hit by the same kind of field none is told to be nearer."""
    by_form = [
        script.hits(script.check(name=name)) for name in ("宁夏远景化工股份有限公司", "宁夏远景化工集团有限公司")
    ]
    assert by_form[0] == by_form[1] != []
    for found in by_form[0]:
        assert found.keys() == {"kind", "class", "score", "reasons", "owner", "stage", "is_in_pool"}
        assert found["score"] % 10 == 0 or found["score"] == 100


def test_pieces_of_a_name_lead_nowhere(script):
    """A name cannot be found sign by sign: its beginnings meet nothing until the telling part is whole."""
    found = [bool(script.hits(script.check(name=NAME[:end]))) for end in (2, 3, 4)]
    assert found == [False, False, True]  # 宁夏, 宁夏远; and 宁夏远景, which is the short name with its place


def test_a_script_is_stopped_and_told_of_once(script, colleague):
    for _number in range(12):
        registered_account(unlike_name(), by=colleague)
    parameters.set_parameter(key="registration.foreign_per_day", value=5, by=None, at=timezone.now())
    names = _names(colleague)
    answers = [script.check(name=name) for name in names]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * (len(names) - 5)
    assert int(answers[-1].headers["Retry-After"]) > 0
    # neither a free nor a taken name answers from now on, by no way
    for answer in (script.check(name="浙江大树木业有限公司"), script.register(name="浙江大树木业有限公司")):
        assert (answer.status_code, answer.json()["code"]) == (429, "too-many")
    assert script.type(name=names[0]).status_code == 429
    told = Event.objects.filter(name="registration.probing")
    assert [(event.by_id, event.data["why"]) for event in told] == [(script.user.pk, "records")]
    lines = Notification.objects.filter(kind="registration.probing")
    assert [line.user_id for line in lines] == [script.boss.pk]
    honest = make_seller(department=script.department)
    assert (
        Client(headers=_token(honest))
        .post("/api/v1/registrations/check", {"account": {"name": names[0]}}, content_type="application/json")
        .json()["hits"]
    )


def _names(owner: Any) -> list[str]:
    from openpsm.accounts.models import Account

    return list(Account.objects.filter(owner=owner).order_by("pk").values_list("name", flat=True))


def _token(user: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(name='t', by=user, at=timezone.now())[1]}"}


def test_too_many_questions_in_an_hour_are_told_of_once(script):
    parameters.set_parameter(key="registration.checks_per_hour", value=4, by=None, at=timezone.now())
    statuses = [script.check(name=f"浙江大树{number}木业有限公司").status_code for number in range(8)]
    assert statuses == [200] * 4 + [429] * 4
    assert Event.objects.filter(name="registration.probing").count() == 1
    assert Notification.objects.filter(kind="registration.probing", user=script.boss).count() == 1


def test_the_same_record_met_again_counts_once(script):
    parameters.set_parameter(key="registration.foreign_per_day", value=2, by=None, at=timezone.now())
    assert {script.check(name=NAME).status_code for _number in range(6)} == {200}


def test_the_next_day_begins_anew(script):
    now = timezone.now()
    for _number in range(3):
        limits.hit(probing._foreign(script.user), limit=100, per=timedelta(days=1), at=now)
    parameters.set_parameter(key="registration.foreign_per_day", value=2, by=None, at=now)
    with pytest.raises(TooMany):
        probing.require_not_stopped(script.user, now)
    probing.require_not_stopped(script.user, now + timedelta(days=1))


def test_without_the_limit_the_script_goes_on(script, colleague, monkeypatch):
    """The control: it is the limit that stops it."""
    for _number in range(8):
        registered_account(unlike_name(), by=colleague)
    parameters.set_parameter(key="registration.foreign_per_day", value=5, by=None, at=timezone.now())
    monkeypatch.setattr("openpsm.registrations.operations.checking.count_foreign", lambda *_given: None)
    assert {script.check(name=name).status_code for name in _names(colleague)} == {200}
