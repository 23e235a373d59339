"""Publishing processes: checked before, never edited after."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.checks import run_checks

from openpsm.core.errors import DomainError, InvalidInput, NotAllowed
from openpsm.core.events import Event
from openpsm.process import queries
from openpsm.process.content import parse, shipped
from openpsm.process.models import KeyNode, Process, ProcessVersion
from openpsm.process.operations import install, publish_process
from tests.factories import AT
from tests.factories.org import make_user
from tests.factories.projects import manual, needs

NAME = {"en": "x", "zh": "某"}


def raw(**changes: Any) -> dict[str, Any]:
    def stage(key: str, **more: Any) -> dict[str, Any]:
        given = {"key": key, "step": "one", "name": NAME, "expected_days": 5, "key_nodes": [manual(f"node-{key}")]}
        return given | more

    content = {
        "key": "tiny",
        "name": NAME,
        "steps": [{"key": "one", "name": NAME}],
        "stages": [stage("a", is_won_gate=True), stage("b", is_final=True)],
    }
    return content | changes


def with_node(**changes: Any) -> dict[str, Any]:
    content = raw()
    content["stages"][0]["key_nodes"] = [needs("n", "bid.submitted") | changes]
    return content


@pytest.mark.django_db
def test_the_shipped_process_is_there_and_a_second_install_changes_nothing():
    before = ProcessVersion.objects.count()
    install(AT)
    assert ProcessVersion.objects.count() == before
    process = queries.default_definition()
    assert [stage.key for stage in process.stages] == ["develop", "enter", "propose", "bid", "negotiate", "deliver"]
    assert [stage.step.position for stage in process.stages] == [1, 2, 3, 4, 5, 6]
    assert [node.key for node in process.stages[0].key_nodes] == [
        "qualified-prospect",
        "six-elements",
        "evaluated",
        "graded",
    ]


@pytest.mark.django_db
def test_a_definition_is_read_once(django_assert_num_queries):
    version = queries.default_definition().version_id
    with django_assert_num_queries(0):
        process = queries.definition(version)
    assert process.following(process.stages[0].id) == process.stages[1]
    assert process.following(process.stages[-1].id) is None
    assert process.answering(process.steps[3]) == process.stages[3]
    assert [stage.key for stage in process.before(3)] == ["develop", "enter"]


@pytest.mark.django_db
def test_a_new_version_stands_beside_the_old_one_and_the_same_number_is_refused():
    first = publish_process(content=parse(raw()), by=None, at=AT)
    with pytest.raises(DomainError) as caught:
        publish_process(content=parse(raw()), by=None, at=AT)
    assert caught.value.code == "version-exists"
    second = publish_process(content=parse(raw(version=2)), by=None, at=AT)
    assert (first.process_id, first.number, second.number) == (second.process_id, 1, 2)
    assert Event.objects.filter(name="process.published", subject_id=first.process_id).count() == 2


@pytest.mark.django_db
def test_publishing_needs_its_right():
    with pytest.raises(NotAllowed):
        publish_process(content=parse(raw()), by=make_user(), at=AT)
    administrator = make_user(roles=("administrator",))
    assert publish_process(content=parse(raw()), by=administrator, at=AT).process.created_by == administrator


@pytest.mark.django_db
def test_the_first_shipped_process_is_the_only_default():
    assert [process.key for process in Process.objects.filter(is_default=True)] == [shipped()[0].key]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (raw(stages=[]), "stages.is_final"),
        (with_node(params={"fact": "bid.submited"}), "stages.a.key_nodes.n.params"),
        (with_node(check="is_wished"), "stages.a.key_nodes.n.check"),
        (with_node(kind="hoped"), "stages.a.key_nodes.n.kind"),
        (with_node(kind="expression", expression="people.insiders >"), "stages.a.key_nodes.n.expression"),
        (with_node(kind="expression", expression="people.friends > 1"), "stages.a.key_nodes.n.params"),
        (raw(steps=[{"key": "other", "name": NAME}]), "stages.a.step"),
        (raw(steps=[{"key": "one", "name": NAME}] * 2), "steps.key"),
        ({"key": "tiny"}, ""),
        ("just a text", ""),
    ],
)
def test_a_wrong_process_is_refused_with_the_place_of_the_mistake(content, place):
    with pytest.raises(InvalidInput) as caught:
        parse(content)
    assert place in caught.value.errors


def test_the_won_gate_and_the_end_are_unique():
    good = parse(raw())
    assert [stage.is_won_gate for stage in good.stages] == [True, False]
    twice = raw()
    twice["stages"][1]["is_won_gate"] = True
    with pytest.raises(InvalidInput) as caught:
        parse(twice)
    assert list(caught.value.errors) == ["stages.is_won_gate"]
    assert replace(good, version=2).version == 2


def complaints() -> list[str]:
    found = [str(message.id) for message in run_checks(databases=["default"])]
    return [one for one in found if one.startswith("process.")]


@pytest.mark.django_db
def test_the_system_check_names_published_nodes_that_cannot_be_computed():
    assert [
        error.id for error in run_checks(databases=["default"]) if error.id and error.id.startswith("process.")
    ] == []
    version = publish_process(content=parse(with_node()), by=None, at=AT)
    nodes = KeyNode.objects.filter(stage__version=version, key="n")
    found = []
    for changes in (
        {"params": {"fact": "gone.missing"}},
        {"kind": "expression", "expression": "1 +"},
        {"kind": "computed", "expression": "", "check_name": "gone"},
    ):
        nodes.update(**changes)
        found += complaints()
    assert found == ["process.E001", "process.E002", "process.E003"]
