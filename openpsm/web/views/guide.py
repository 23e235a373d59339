"""The user guide: Markdown files of the documentation, shown in the reader's language and searchable."""

import re
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path

import mistune
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from openpsm.web.access import UserRequest, page
from openpsm.web.pictures import FOLDER, GuideRenderer, pictures

MARKDOWN = mistune.create_markdown(renderer=GuideRenderer(escape=True), plugins=["table"])
LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Chapter:
    """One page of the guide; `text` is what the search looks through."""

    key: str
    title: str
    html: SafeString
    text: str


@cache
def chapters(language: str) -> tuple[Chapter, ...]:
    """Read the pages of one language in their order, once for each process."""
    return tuple(_read(path) for path in sorted((FOLDER / language).glob("*.md")))


def _read(path: Path) -> Chapter:
    source = path.read_text(encoding="utf-8")
    html = str(MARKDOWN(source))
    html = re.sub(r'href="(?:\d\d-)?([a-z-]+)\.md(#[^"]*)?"', r'href="/guide/\1\2"', html)
    title = source.splitlines()[0].lstrip("# ")
    safe = mark_safe(html)  # noqa: S308 - our own files; raw HTML in them is escaped by mistune
    return Chapter(path.stem.split("-", 1)[1], title, safe, unescape(strip_tags(html)))


def _chapters() -> tuple[Chapter, ...]:
    return chapters("en" if (get_language() or "").startswith("en") else "zh")


@page()
def guide(request: UserRequest, key: str = "") -> HttpResponse:
    """One page of the guide with the list of all, or the pages that hold the words searched for."""
    pages, words = _chapters(), request.GET.get("q", "").strip()[:80]
    chosen = next((chapter for chapter in pages if chapter.key == key), None) if key else pages[0]
    if chosen is None:
        raise Http404
    sought = words.casefold()
    found = [(each, around(each.text, words)) for each in pages if sought in each.text.casefold()]
    context = {"chapters": pages, "chapter": chosen, "q": words, "found": found if words else None, "title": _("Guide")}
    return render(request, "guide/guide.html", context)


def around(text: str, words: str) -> str:
    """Some words around the first place found."""
    place = text.casefold().find(words.casefold())
    return text[max(place - 40, 0) : place + 80].strip()


@page()
def picture(request: UserRequest, language: str, name: str) -> HttpResponse:
    """One picture of the guide."""
    known = pictures(language).get(name) if language in LANGUAGES else None
    if known is None:
        raise Http404
    return HttpResponse(known.path.read_bytes(), content_type="image/webp")
