"""The shipped content: every file parses, speaks both languages, and names only facts that exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cel
import pytest
import yaml

import openpsm
from openpsm.accounts.models import AccountKind
from openpsm.activities.models import ActivityKind
from openpsm.buying.models import market, people
from openpsm.evaluation.models import Qualification
from openpsm.projects.models import project

PACKAGE = Path(openpsm.__path__[0])
FILES = {
    "process": PACKAGE / "process/data/standard_six.yaml",
    "facts": PACKAGE / "process/data/facts.yaml",
    "evaluation": PACKAGE / "evaluation/data/default_project.yaml",
    "diagnosis": PACKAGE / "insights/data/next_actions.yaml",
    "vocabulary": PACKAGE / "buying/data/vocabulary.yaml",
}
CONTENT: dict[str, Any] = {name: yaml.safe_load(path.read_text(encoding="utf-8")) for name, path in FILES.items()}
STAGES: list[dict[str, Any]] = CONTENT["process"]["stages"]
KEY_NODES: list[dict[str, Any]] = [node for stage in STAGES for node in stage["key_nodes"]]
FACTS: dict[str, dict[str, Any]] = {fact["key"]: fact for fact in CONTENT["facts"]["facts"]}
HAN = re.compile(r"[\u4e00-\u9fff]")
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield from walk(child, f"{path}/{name}")


def texts(name: str) -> list[tuple[str, dict[str, Any]]]:
    """Return every text of a file: what has English, Chinese, or stands where a text belongs."""
    return [
        (path, value)
        for path, value in walk(CONTENT[name], name)
        if isinstance(value, dict) and value.keys() & {"en", "zh"}
    ]


def named_facts(node: dict[str, Any]) -> set[str]:
    """Return the facts that a key node asks for."""
    if node["kind"] == "expression":
        return set(re.findall(r"\b[a-z_]+\.[a-z_]+\b", node["expression"]))
    params = node["params"]
    return set(params["facts"]) if node["check"] == "all_true" else {params["fact"]}


@pytest.mark.parametrize("name", FILES)
def test_every_text_is_there_in_both_languages(name):
    found = texts(name)
    lacking = [
        path
        for path, text in found
        if not all(isinstance(text.get(language), str) and text[language].strip() for language in ("en", "zh"))
    ]
    assert (len(found) > 20, lacking) == (True, [])


@pytest.mark.parametrize("name", FILES)
def test_each_language_is_written_in_its_own_script(name):
    swapped = [path for path, text in texts(name) if HAN.search(text["en"]) or not HAN.search(text["zh"])]
    assert swapped == []


@pytest.mark.parametrize("name", FILES)
def test_both_languages_take_the_same_placeholders(name):
    def placeholders(text: str) -> set[str]:
        assert "%" not in PLACEHOLDER.sub("", text).replace("(%)", "").replace("（%）", "")
        return set(PLACEHOLDER.findall(text))

    assert [path for path, text in texts(name) if placeholders(text["en"]) != placeholders(text["zh"])] == []


@pytest.mark.parametrize("name", FILES)
def test_keys_are_unique_in_their_list(name):
    lists = [(path, value) for path, value in walk(CONTENT[name], name) if isinstance(value, list)]
    keyed = {path: [row["key"] for row in rows] for path, rows in lists if rows and "key" in rows[0]}
    assert [path for path, keys in keyed.items() if len(keys) != len(set(keys))] == []


def test_the_standard_process_has_six_stages_one_for_each_step_of_the_customer():
    steps = [step["key"] for step in CONTENT["process"]["steps"]]
    assert [(stage["key"], stage["step"], stage["expected_days"]) for stage in STAGES] == [
        ("develop", steps[0], 20),
        ("enter", steps[1], 45),
        ("propose", steps[2], 45),
        ("bid", steps[3], 60),
        ("negotiate", steps[4], 30),
        ("deliver", steps[5], 90),
    ]


def test_one_gate_wins_and_the_last_stage_closes():
    assert [stage["key"] for stage in STAGES if stage["is_won_gate"]] == ["negotiate"]
    assert [stage["key"] for stage in STAGES if stage["is_final"]] == [STAGES[-1]["key"]]


def test_stages_and_steps_are_numbered_from_one():
    for rows in (STAGES, CONTENT["process"]["steps"]):
        assert [row["position"] for row in rows] == [1, 2, 3, 4, 5, 6]


def test_every_stage_has_questions_and_work_and_a_key_node_that_blocks():
    for stage in STAGES:
        assert 4 <= len(stage["questions"]) <= 8
        assert stage["work_items"]
        assert any(not node["is_warning"] for node in stage["key_nodes"])


def test_key_nodes_are_unique_over_the_whole_process():
    keys = [node["key"] for node in KEY_NODES]
    assert len(keys) == len(set(keys))


def test_the_expected_role_of_a_stage_is_a_role_of_the_vocabulary():
    roles = {row["key"] for name in ("buying_roles", "project_roles") for row in CONTENT["vocabulary"][name]}
    assert {stage["expected_role"] for stage in STAGES} <= roles


@pytest.mark.parametrize("node", KEY_NODES, ids=[node["key"] for node in KEY_NODES])
def test_a_key_node_asks_for_facts_that_exist_and_fit_its_check(node):
    facts = named_facts(node)
    wanted = {"is_true": "bool", "all_true": "bool", "at_least": "number", "equals": "number"}
    assert facts
    assert facts <= FACTS.keys()
    if node["kind"] == "computed":
        assert {FACTS[fact]["kind"] for fact in facts} == {wanted[node["check"]]}


@pytest.mark.parametrize(
    ("mostly_rivals", "supporters", "held"), [(True, 0, False), (True, 1, True), (False, 0, True), (False, 3, True)]
)
def test_the_stand_in_warning_speaks_when_a_rival_wrote_the_criteria_and_nobody_supports_us(
    mostly_rivals, supporters, held
):
    node = next(node for node in KEY_NODES if node["key"] == "stand-in")
    facts = {"criteria": {"mostly_rivals": mostly_rivals}, "people": {"supporters": supporters}}
    assert cel.evaluate(node["expression"], facts) is held


def test_weights_of_the_default_evaluation_sum_to_one_hundred():
    factors = CONTENT["evaluation"]["factors"]
    assert sum(factor["weight"] for factor in factors) == 100
    assert {factor["group"] for factor in factors} == {group["key"] for group in CONTENT["evaluation"]["groups"]}


def test_every_factor_has_six_different_levels():
    for factor in CONTENT["evaluation"]["factors"]:
        assert [level["level"] for level in factor["levels"]] == [0, 1, 2, 3, 4, 5]
        assert len({level["text"]["zh"] for level in factor["levels"]}) == 6


def test_a_fact_is_of_a_known_kind_and_named_noun_dot_word():
    assert {fact["kind"] for fact in FACTS.values()} <= {"bool", "number", "text", "date"}
    assert [key for key in FACTS if not re.fullmatch(r"[a-z]+\.[a-z_]+", key)] == []


def test_the_six_elements_are_the_facts_of_intelligence():
    elements = [element["key"] for element in CONTENT["vocabulary"]["elements"]]
    assert [key for key in elements if f"intelligence.{key}" not in FACTS] == []
    assert all(3 <= len(element["questions"]) <= 5 for element in CONTENT["vocabulary"]["elements"])


def test_attitudes_run_from_minus_two_to_plus_two():
    assert [row["value"] for row in CONTENT["vocabulary"]["attitudes"]] == [-2, -1, 0, 1, 2]


def test_the_diagnosis_knows_every_action_reason_and_verdict():
    diagnosis = CONTENT["diagnosis"]
    assert {row["level"] for row in diagnosis["health"]} == {"red", "amber"}
    assert {row["due_days"] for row in diagnosis["next_actions"]} == {3, 7, 14}
    assert [row["key"] for row in diagnosis["verdicts"]] == ["collect-first", "decide", "go-on", "drop"]


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("project_roles", people.ProjectRole.values),
        ("personal_needs", people.PersonalNeed.values),
        ("supporter_kinds", people.SupporterKind.values),
        ("intelligence_kinds", market.Element.values),
        ("element_states", market.IntelligenceItem.State.values),
        ("intelligence_sources", market.IntelligenceItem.Source.values),
        ("criterion_origins", market.Criterion.Origin.values),
        ("elements", [str(element) for element in market.SIX_ELEMENTS]),
        ("purchasing_forms", project.PurchasingForm.values),
        ("party_kinds", project.PartyRole.values),
        ("account_kinds", AccountKind.values),
        ("activity_kinds", ActivityKind.values),
    ],
)
def test_the_vocabulary_explains_exactly_what_can_be_stored(name, stored):
    assert sorted(row["key"] for row in CONTENT["vocabulary"][name]) == sorted(stored)


def test_power_classes_have_the_stored_numbers():
    shipped = {row["value"] for row in CONTENT["vocabulary"]["power_classes"]}
    assert shipped == set(people.PowerClass.values)


def test_reasons_fit_the_column_that_keeps_them():
    limit = project.ClosingReport._meta.get_field("reason").max_length or 0
    reasons = CONTENT["vocabulary"]["drop_reasons"] + CONTENT["vocabulary"]["lose_reasons"]
    assert [row["key"] for row in reasons if len(row["key"]) > limit] == []


def test_the_prospect_questions_are_the_fields_of_the_qualification():
    fields = {field.name for field in Qualification._meta.get_fields()}
    assert {question["key"] for question in CONTENT["evaluation"]["qualified_prospect"]} <= fields
