"""Parameters, custom fields, links, versions and errors."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.translation import gettext_lazy

from openpsm.core import custom, links, memo, parameters, versions
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.core.models import CustomField, Event, Holiday, Parameter

# --- parameters


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "_declared", {})
    parameters.declare("t.mark", kind="integer", default=60, label="Mark", minimum=0, maximum=100)
    parameters.declare("t.rate", kind="decimal", default="0.05", label="Rate", minimum=0, maximum=Decimal(1))
    parameters.declare("t.on", kind="boolean", default=True, label="On")
    parameters.declare("t.mode", kind="choice", default="a", label="Mode", choices=[("a", "A"), ("b", "B")])
    parameters.declare("t.words", kind="list", default=["x"], label="Words")
    parameters.declare("t.text", kind="text", default="", label="Text")


def test_parameter_has_its_default_until_changed(declared: None, person: AbstractBaseUser, now: datetime) -> None:
    assert [parameters.value(key) for key in ("t.mark", "t.rate", "t.on")] == [60, Decimal("0.05"), True]
    parameters.set_parameter(key="t.mark", value="70", by=person, at=now)
    parameters.set_parameter(key="t.rate", value=Decimal("0.075"), by=person, at=now)
    assert [parameters.value(key) for key in ("t.mark", "t.rate")] == [70, Decimal("0.075")]
    event = Event.objects.filter(name="parameter.changed").earliest("seq")
    assert (event.data, event.by) == ({"key": "t.mark", "old": 60, "new": 70}, person)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("t.mark", 101),
        ("t.mark", -1),
        ("t.mark", "1.5"),
        ("t.mark", "many"),
        ("t.mark", True),
        ("t.rate", "NaN"),
        ("t.rate", "1.01"),
        ("t.rate", 0.5),
        ("t.on", "perhaps"),
        ("t.mode", "c"),
        ("t.words", "x"),
        ("t.words", [1]),
        ("t.text", "a\x00"),
        ("t.wrong", 1),
    ],
)
def test_unfit_value_is_refused(declared: None, db: None, now: datetime, key: str, value: Any) -> None:
    with pytest.raises(InvalidInput):
        parameters.set_parameter(key=key, value=value, by=None, at=now)
    assert (Parameter.objects.count(), Event.objects.filter(name="parameter.changed").count()) == (0, 0)


def test_parameters_are_read_once_per_request(declared: None, db: None, now: datetime) -> None:
    with memo.scope(), CaptureQueriesContext(connection) as queries:
        assert [parameters.value("t.mark"), parameters.value("t.rate"), parameters.value("t.mark")][0] == 60
        assert len(queries) == 1
        parameters.set_parameter(key="t.mark", value=70, by=None, at=now)
        assert parameters.value("t.mark") == 70


def test_parameter_declared_twice_or_with_an_unfit_default_is_a_defect(declared: None) -> None:
    with pytest.raises(ValueError, match="declared twice"):
        parameters.declare("t.mark", kind="integer", default=61, label="Mark")
    with pytest.raises(InvalidInput):
        parameters.declare("t.new", kind="integer", default=7, label="New", maximum=5)


# --- custom fields


@pytest.fixture
def fields(db: None, now: datetime) -> None:
    choices = {"choices": [{"key": "a"}, {"key": "b"}]}
    for key, kind, options, required in (
        ("note", "text", {"max_length": 10}, False),
        ("weight", "number", {"minimum": "0"}, False),
        ("budget", "money", {"maximum": "1000000"}, False),
        ("built", "date", {}, False),
        ("grade", "choice", choices, True),
        ("tags", "multi_choice", choices, False),
        ("ours", "boolean", {}, False),
    ):
        custom.define_field(
            model=Holiday,
            key=key,
            label_en=key,
            label_zh="",
            kind=kind,
            options=options,
            required=required,
            by=None,
            at=now,
        )


def test_custom_values_are_stored_as_json(fields: None) -> None:
    values = {"note": " hi ", "weight": "1.5", "budget": Decimal("10.5"), "built": date(2026, 1, 2), "grade": "a"}
    assert custom.clean(Holiday, {**values, "tags": ["b", "a"], "ours": False}) == {
        "note": "hi",
        "weight": "1.500000",
        "budget": "10.50",
        "built": "2026-01-02",
        "grade": "a",
        "tags": ["a", "b"],
        "ours": False,
    }


def test_change_keeps_what_it_does_not_mention(fields: None) -> None:
    stored = {"note": "hi", "grade": "a", "of_old": 1}
    assert custom.clean(Holiday, {"note": ""}, existing=stored) == {"grade": "a", "of_old": 1}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "custom.grade"),
        ({"grade": None}, "custom.grade"),
        ({"grade": "c"}, "custom.grade"),
        ({"grade": ["a"]}, "custom.grade"),
        ({"grade": "a", "wrong": 1}, "custom.wrong"),
        ({"grade": "a", "note": "x" * 11}, "custom.note"),
        ({"grade": "a", "note": 5}, "custom.note"),
        ({"grade": "a", "weight": -1}, "custom.weight"),
        ({"grade": "a", "weight": "1.1234567"}, "custom.weight"),
        ({"grade": "a", "budget": 1_000_001}, "custom.budget"),
        ({"grade": "a", "budget": 0.1}, "custom.budget"),
        ({"grade": "a", "built": "2026-02-30"}, "custom.built"),
        ({"grade": "a", "built": 5}, "custom.built"),
        ({"grade": "a", "tags": ["a", "z"]}, "custom.tags"),
        ({"grade": "a", "tags": {"a": 1}}, "custom.tags"),
        ({"grade": "a", "ours": "yes"}, "custom.ours"),
    ],
)
def test_unfit_custom_value_is_refused_with_its_field(fields: None, values: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        custom.clean(Holiday, values)
    assert list(caught.value.errors) == [field]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"key": "Grade"}, "key"),
        ({"key": "note"}, "key"),
        ({"label_en": " "}, "label"),
        ({"kind": "formula"}, "kind"),
        ({"kind": "wrong"}, "kind"),
        ({"kind": "choice"}, "options"),
        ({"kind": "choice", "options": {"choices": [{"key": "a"}, {"key": "a"}]}}, "options"),
    ],
)
def test_unfit_definition_is_refused(fields: None, now: datetime, changes: dict[str, Any], field: str) -> None:
    definition = {"key": "new", "label_en": "New", "label_zh": "", "kind": "text", "options": {}, **changes}
    with pytest.raises(InvalidInput) as caught:
        custom.define_field(model=Holiday, by=None, at=now, **definition)
    assert list(caught.value.errors) == [field]


def test_inactive_field_is_not_asked_for(fields: None) -> None:
    CustomField.objects.filter(key="grade").update(active=False)
    assert custom.clean("core.Holiday", {}) == {}


# --- links, versions, errors


def test_every_reference_to_people_is_declared() -> None:
    assert links.undeclared() == []


def test_undeclared_reference_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {key: link for key, link in links._links.items() if key != ("core.event", "by")}
    monkeypatch.setattr(links, "_links", kept)
    assert links.undeclared() == ["core.event.by"]


def test_unknown_target_and_second_declaration_are_defects() -> None:
    with pytest.raises(ValueError, match="no target"):
        links.declare("core.Event", "by", target="auth.group", label="x")
    with pytest.raises(ValueError, match="declared twice"):
        links.declare("core.Event", "by", target="org.user", label="another")


class Record:
    def __init__(self) -> None:
        self.version = 3


def test_version_that_is_not_the_current_one_is_stale() -> None:
    versions.require_version(Record(), 3)
    versions.require_version(Record(), None)
    with pytest.raises(Stale) as caught:
        versions.require_version(Record(), 2)
    assert (caught.value.details, caught.value.code) == ({"seen": 2, "current": 3}, "stale")


def test_error_speaks_the_language_of_its_reader() -> None:
    error = DomainError(gettext_lazy("Monday"), code="x", day=1)
    with translation.override("zh-hans"):
        chinese = str(error)
    with translation.override("en"):
        assert (str(error), chinese, error.code, error.details) == ("Monday", "星期一", "x", {"day": 1})


def test_errors_have_their_codes() -> None:
    invalid = InvalidInput({"name": "missing", "": ["a", "b"]})
    assert (NotAllowed().code, invalid.code, DomainError("x").code) == ("not-allowed", "invalid", "rule")
    assert (invalid.errors, str(invalid)) == ({"name": ["missing"], "": ["a", "b"]}, "missing; a; b")


def test_memory_ends_with_its_scope() -> None:
    asked: list[int] = []

    def ask() -> int:
        asked.append(1)
        return len(asked)

    assert [memo.remember("k", ask), memo.remember("k", ask)] == [1, 2]
    with memo.scope():
        assert [memo.remember("k", ask), memo.remember("k", ask)] == [3, 3]
        memo.forget("k")
        assert memo.remember("k", ask) == 4
    assert memo.remember("k", ask) == 5
