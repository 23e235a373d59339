"""Parts of project names are found by pairs of signs, which follow the name."""

from importlib import import_module

import pytest
from django.apps import apps

from openpsm.core.text import telling_bigrams
from openpsm.projects import operations
from openpsm.projects.models import Project, ProjectGram
from tests.factories import AT
from tests.factories.projects import make_project, reloaded

pytestmark = pytest.mark.django_db


def found(text: str) -> list[Project]:
    return list(Project.objects.live().matching(text).order_by("pk"))


def test_parts_of_names_are_found():
    plant = make_project("宁波石化总厂2026年泵阀备件")
    shop = make_project("石家庄泵房 ABB 改造")
    by_text = {
        "石化": [plant],
        "石化总厂": [plant],
        "石 化": [plant],
        "石": [plant, shop],
        "泵": [plant, shop],
        "年泵阀": [plant],
        "石总": [],
        "石化泵阀": [],  # both pairs are there, the text is not
        "2026": [plant],
        "6年": [plant],
        "abb改": [shop],
        "ABB": [shop],
        "nbsh": [plant],
        "shijiazhuang": [shop],
        "": [plant, shop],
        "()": [plant, shop],
    }
    assert {text: found(text) for text in by_text} == by_text


def test_pairs_follow_the_name():
    project = make_project("石化总厂泵阀")
    operations.update_project(project_id=project.pk, changes={"name": "石化总厂轴承"}, by=project.owner, at=AT)
    assert (found("泵阀"), found("轴承")) == ([], [project])
    assert set(project.grams.values_list("gram", flat=True)) == set(telling_bigrams(reloaded(project).name))
    ProjectGram.objects.filter(project=project).delete()
    import_module("openpsm.projects.migrations.0005_project_grams").add_grams(apps, None)
    assert found("轴承") == [project]
    assert project.grams.count() == len(telling_bigrams("石化总厂轴承"))


def test_pairs_hold_a_chinese_sign():
    assert telling_bigrams("泵阀2026 ABB泵阀") == ["泵阀", "阀2", "b泵"]
    assert telling_bigrams("ABB 2026") == telling_bigrams("泵") == []
