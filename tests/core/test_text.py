"""Names: compared, sorted and found."""

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from django.apps.registry import Apps
from django.db import connection, models
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from openpsm.core.text import SortKeyField, bigrams, fold, initials, is_placeholder, search_text, sort_key


@pytest.mark.parametrize(
    "other",
    [
        "中国石化（集团）有限公司",
        "中国石化(集团)有限公司",
        " 中国 石化　集团有限公司。",
        "中國石化集團有限公司",
        "中国石化·集团-有限公司",
    ],
)
def test_fold_ignores_width_brackets_blanks_and_script(other: str) -> None:
    assert fold(other) == "中国石化集团有限公司"


def test_fold_ignores_case_and_width_of_latin_letters() -> None:
    assert fold("ＡＢＢ Co., Ltd.") == fold("abb CO LTD") == "abbcoltd"


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("重庆钢铁", "chong qing gang tie"),
        ("西安电力", "xi an dian li"),
        ("Siemens AG", "siemens ag"),
        ("ABB（中国）", "abb zhong guo"),
        ("Müller", "muller"),
        ("吕梁", "lv liang"),
        ("", ""),
    ],
)
def test_sort_key_is_pinyin(text: str, key: str) -> None:
    assert sort_key(text) == key


@given(st.text(max_size=300))
def test_sort_key_is_short_lower_case_ascii(text: str) -> None:
    key = sort_key(text)
    assert (key.isascii(), key.lower(), len(key) <= 200) == (True, key, True)


def test_initials_and_search_text() -> None:
    assert (initials("中国石化"), initials("ABB中国"), initials("3M")) == ("zgsh", "abbzg", "3m")
    assert search_text("中國石化", "ABB", "") == "中國石化 中国石化 zhongguoshihua zgsh abb"


@pytest.mark.parametrize(
    "text",
    [
        "无",
        "1",
        "待定",
        "暂无",
        "n/a",
        "N/A",
        "test",
        "...",
        "同上",
        "aaa",
        "",
        "  ",
        "（待定）",
        "——",
        "000",
        "x",
        "无。",
        "王王王",
    ],
)
def test_placeholder_is_found(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["王", "丽丽", "中国石化", "3M", "无锡", "GE", "testo", "李雷", "第1台", "12"])
def test_real_word_is_no_placeholder(text: str) -> None:
    assert not is_placeholder(text)


def test_bigrams() -> None:
    assert [bigrams("中国石化"), bigrams("A"), bigrams("。")] == [["中国", "国石", "石化"], ["a"], []]


class Entry(models.Model):
    """A table of the tests with a sort key."""

    name = models.CharField(max_length=100)
    sort_key = SortKeyField()

    objects: ClassVar[models.Manager[Any]]

    class Meta:
        app_label = "core_text_test"
        apps = Apps()


@pytest.fixture(scope="module")
def _table(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(Entry)
        yield
        with connection.schema_editor() as editor:
            editor.delete_model(Entry)


NAMES = [
    "西安",
    "仙桃",
    "ABB",
    "abb b",
    "3M",
    "Zeiss",
    "zhang",
    "张三",
    "重庆",
    "Ä",
    "яндекс",
    "カ",
    "_x",
    "a-b",
    "a b",
    "ab",
]


@pytest.mark.usefixtures("_table", "db")
def test_order_by_sort_key_is_that_of_bytes_on_every_database() -> None:
    Entry.objects.bulk_create([Entry(name=name, sort_key=sort_key(name)) for name in NAMES])
    stored = list(Entry.objects.order_by("sort_key", "name").values_list("sort_key", flat=True))
    assert stored == sorted(sort_key(name) for name in NAMES)
    found = Entry.objects.filter(sort_key__gte="xi", sort_key__lt="z").order_by("sort_key")
    assert list(found.values_list("name", flat=True)) == ["西安", "仙桃"]
