"""The registry of facts: one name, one provider, unknown until somebody answers."""

from datetime import date

import pytest

from openpsm.process import facts
from openpsm.process.facts import Answer

TODAY = date(2026, 9, 16)


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(facts, "_providers", {})
    monkeypatch.setattr(facts, "_stated", [])
    return facts


def test_every_asked_fact_has_an_answer_unknown_ones_too(registry):
    @registry.provider("bid.submitted", "people.insiders")
    def answer(project_ids, on):
        return {1: {"bid.submitted": True, "people.insiders": Answer(2, source="a visit", turns_on=TODAY)}}

    answers = registry.ask([1, 2], TODAY)
    assert answers[1]["people.insiders"] == Answer(2, source="a visit", turns_on=TODAY)
    assert (answers[1]["bid.submitted"].value, answers[2]["bid.submitted"].value) == (True, None)
    assert answers[2].keys() == registry.definitions().keys()


def test_each_provider_is_asked_once_for_all_projects_and_only_when_needed(registry):
    calls = []

    @registry.provider("bid.submitted", "bid.result_known")
    def bids(project_ids, on):
        calls.append(("bids", sorted(project_ids)))
        return {}

    @registry.provider("people.insiders")
    def people(project_ids, on):
        calls.append(("people", sorted(project_ids)))
        return {}

    registry.ask([1, 2, 3], TODAY)
    registry.ask([1], TODAY, names=["people.insiders"])
    registry.ask([], TODAY)
    assert calls == [("bids", [1, 2, 3]), ("people", [1, 2, 3]), ("people", [1])]


def test_asking_for_some_facts_answers_those_only(registry):
    @registry.provider("bid.submitted", "bid.result_known")
    def bids(project_ids, on):
        return {1: {"bid.submitted": True, "bid.result_known": True}}

    assert registry.ask([1], TODAY, names=["bid.submitted"]) == {1: {"bid.submitted": Answer(True)}}


def test_a_second_provider_of_a_fact_is_a_defect(registry):
    registry.provider("bid.submitted")(lambda project_ids, on: {})
    with pytest.raises(ValueError, match="has a provider already"):
        registry.provider("bid.submitted")(lambda project_ids, on: {})


def test_an_unknown_name_is_a_defect(registry):
    with pytest.raises(ValueError, match="is no fact"):
        registry.provider("bid.submited")(lambda project_ids, on: {})


def test_a_provider_answers_only_what_it_registered(registry):
    registry.provider("bid.submitted")(lambda project_ids, on: {1: {"people.insiders": 3}})
    with pytest.raises(ValueError, match="did not register"):
        registry.ask([1], TODAY)


def test_facts_that_nothing_computes_may_be_stated_if_they_are_yes_or_no(registry):
    assert "bid.submitted" in registry.stated_facts()
    assert "people.insiders" not in registry.stated_facts()
    registry.provider("bid.submitted")(lambda project_ids, on: {})
    assert "bid.submitted" not in registry.stated_facts()
