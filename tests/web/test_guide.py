"""The guide within the program: its pictures are there, small, in the reader's language, and nothing else is served."""

import re
from pathlib import Path

import pytest

from openpsm.web.pictures import FOLDER, pictures, size_of
from openpsm.web.views.guide import MARKDOWN
from tests.factories.org import make_department, make_user

LANGUAGES = ("zh", "en")
SHOWN = re.compile(r"!\[([^\]]+)\]\(\.\./pictures/(zh|en)/([a-z-]+)\.webp\)")
MOST_BYTES, MOST_IN_ALL = 60_000, 1_500_000


def shown(language: str) -> dict[str, list[tuple[str, str, str]]]:
    pages = sorted((FOLDER / language).glob("*.md"))
    return {page.name: SHOWN.findall(page.read_text(encoding="utf-8")) for page in pages}


def test_every_picture_is_shown_once_in_both_languages_and_none_lies_about():
    used = {
        language: {page: [name for _alt, _lang, name in found] for page, found in shown(language).items()}
        for language in LANGUAGES
    }
    assert used["zh"] == used["en"]
    for language in LANGUAGES:
        found = [one for page in shown(language).values() for one in page]
        assert {lang for _alt, lang, _name in found} == {language}
        assert sorted(name for _alt, _lang, name in found) == sorted(pictures(language))
        assert all(bool(re.search(r"[\u4e00-\u9fff]", alt)) == (language == "zh") for alt, _lang, _name in found)


def test_pictures_are_small():
    sizes = {path: path.stat().st_size for path in FOLDER.glob("pictures/*/*.webp")}
    assert len(sizes) >= 24
    assert (max(sizes.values()) <= MOST_BYTES, sum(sizes.values()) <= MOST_IN_ALL) == (True, True), sizes
    for path in sizes:
        width, height = size_of(path.read_bytes())
        assert (300 <= width <= 1300, 80 <= height <= 1000) == (True, True), path


def test_a_page_of_the_guide_shows_no_other_pictures():
    for address in ("https://elsewhere.example/a.png", "../pictures/zh/none.webp", "../../secret.webp", "javascript:x"):
        html = str(MARKDOWN(f"![the <b>words</b>]({address})"))
        assert ("<img" in html, "the" in html) == (False, True), address
    html = str(MARKDOWN("![Board](../pictures/en/board.webp)"))
    assert re.search(r'<img src="/guide/pictures/en/board\.webp" alt="Board" width="\d+" height="\d+"', html)


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "folder"), [("zh-hans", "zh"), ("en", "en")])
def test_a_reader_sees_pictures_in_their_language(client, language, folder):
    client.force_login(make_user(language=language, department=make_department()))
    page = client.get("/guide/board-and-calendar").text
    address = re.search(r'src="(/guide/pictures/[^"]+)"', page)
    assert address is not None
    assert f"/pictures/{folder}/" in address[1]
    answer = client.get(address[1])
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert answer.content == Path(FOLDER, "pictures", folder, "board.webp").read_bytes()


@pytest.mark.django_db
def test_only_pictures_are_served_and_only_to_people(client):
    assert client.get("/guide/pictures/zh/board.webp").status_code == 302
    client.force_login(make_user(department=make_department()))
    for path in ("zh/none.webp", "fr/board.webp", "zh/..%2Fen%2Fboard.webp", "zh/../../guide/zh/01-first-day.md"):
        assert client.get(f"/guide/pictures/{path}").status_code == 404, path
