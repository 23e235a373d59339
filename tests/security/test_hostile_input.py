"""IN2–IN5, G16: texts, numbers and names made to hurt; headers that every answer carries."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from openpsm.api.app import api
from openpsm.core.models import Attachment
from tests.security.api_rows import API, kind_of
from tests.security.calls import Desk, undone
from tests.security.forms import Field, forms_of, main_form
from tests.security.rows import WEB
from tests.security.test_access_matrix import _quiet
from tests.security.test_access_matrix_api import _path, operations
from tests.security.test_csrf import entitled

__all__ = ["_quiet"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("_quiet")]
MARK = "zqx"
#: Each carries the mark, so that what comes back can be found.
XSS = [
    text.replace("1", MARK)
    for text in """<script>alert('1')</script>
<ScRiPt src=//evil.example/1.js></sCrIpT>
</textarea><script>1</script>
</title><script>1</script>
"><script>1</script>
'><script>1</script>
"><img src=x onerror=1>
' onmouseover='1
" onfocus="1" autofocus="
" autofocus onfocus=1 x="
<img src=x onerror=1>
<img src="x" onerror="1">
<img/src=x/onerror=1>
<svg onload=1>
<svg><script>1</script></svg>
<svg><animate onbegin=1 attributeName=x dur=1s>
<svg><a xlink:href="javascript:1"><text x=20 y=20>1</text></a>
<math><mtext><table><mglyph><style><img src=x onerror=1>
<math href="javascript:1">1</math>
<iframe src="javascript:1"></iframe>
<iframe srcdoc="<script>1</script>"></iframe>
<object data="javascript:1"></object>
<embed src="javascript:1">
<a href="javascript:1">1</a>
<a href="  java	script:1">1</a>
<a href="data:text/html,<script>1</script>">1</a>
javascript:1
javascript:1//https://ok.example
data:text/html,<script>1</script>
vbscript:1
<form action="javascript:1"><button>1</button></form>
<button formaction="javascript:1">1</button>
<input autofocus onfocus=1>
<select onfocus=1 autofocus>
<details open ontoggle=1>
<video><source onerror=1></video>
<audio src=x onerror=1>
<body onload=1>
<marquee onstart=1>
<link rel=stylesheet href=//evil.example/1.css>
<style>@import'//evil.example/1.css';</style>
<div style="background:url(//evil.example/1)">1</div>
<meta http-equiv="refresh" content="0;url=javascript:1">
<base href="//evil.example/1/">
<div hx-get="/profile/1" hx-trigger="load">1</div>
<div data-hx-post="/logout?1" data-hx-trigger="load">1</div>
<div hx-on:load="1">1</div>
<div hx-on::after-request="1">1</div>
" hx-get="/1" hx-trigger="load" x="
" data-hx-on:click="1" x="
<template><script>1</script></template>
<noscript><p title="</noscript><img src=x onerror=1>">
<!--><script>1</script>-->
<![CDATA[<script>1</script>]]>
{{ 1|safe }}
{% load 1 %}{{ request.user.password }}1
{{ constructor.constructor('1')() }}
${1}
#{1}
<%= 1 %>
\\u003cscript\\u003e1\\u003c/script\\u003e
&lt;script&gt;1&lt;/script&gt;
&#60;script&#62;1&#60;/script&#62;
%3Cscript%3E1%3C/script%3E
＜script＞1＜/script＞
<scr<script>ipt>1</script>
<x onclick=1>1</x>
<a href="//evil.example/1">1</a>
'-1-'
\\'-1//
</script><script>1</script>
<img src='1' alt='`><script>1</script>'>
]]><script>1</script>
""".splitlines()
    if text
]
#: (page with the form, kind of field left out, pages on which it shows)
SHOWN = {
    "project-edit": ("project-detail", "project-short", "project-list", "project-history", "project-edit", "today"),
    "account-edit": ("account-detail", "account-list", "account-history", "account-edit"),
    "contact-new": ("account-detail", "account-history"),
    "contact-edit": ("account-detail", "contact-edit", "account-history"),
    "stakeholder-new": ("project-people", "project-history", "activity-log"),
    "stakeholder-attitude": ("project-people", "project-history"),
    "stakeholder-label": ("project-people", "project-history"),
    "intelligence-new": ("project-intelligence", "project-history"),
    "contender-new": ("project-competition", "project-history"),
    "criterion-new": ("project-competition", "project-history"),
    "project-qualify": ("project-evaluation", "project-history"),
    "project-step": ("project-detail", "project-history"),
    "project-hold": ("project-detail", "project-history"),
    "project-drop": ("project-detail", "project-history", "project-list"),
    "project-parties": ("project-parties", "project-short"),
    "activity-log": ("project-detail", "project-timeline", "activity-list", "project-history"),
    "activity-plan": ("project-detail", "project-timeline", "activity-list"),
    "account-name-new": ("account-detail", "account-history"),
    "registration-new": ("registration-list", "account-list"),
    "task-new": ("today", "notification-list"),
    "token-new": ("profile",),
}
TEXT = ("text", "textarea")
LINKS = ("href", "src", "action", "formaction", "xlink:href", "data", "srcdoc")
LEADING = (*LINKS, "style", "content", "hx-get", "hx-post")
CODE = re.compile("javascript:|vbscript:|data:text")
EVENT = re.compile(r"on[a-z]+$|hx-on|data-hx-")  # of which ours have none


class _Shape(HTMLParser):
    """Elements and attributes of a page in order, without their texts and values."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if EVENT.match(name) or MARK in tag or MARK in name or _leads_away(name, value or ""):
                self.found.append(f"{tag} {name}={value}")
        if tag in ("script", "style", "iframe", "object", "embed", "base", "math", "marquee", "template"):
            inline = tag != "script" or not dict(attrs).get("src", "").startswith("/static/")  # type: ignore[union-attr]
            if inline and (tag, dict(attrs).get("type")) not in OWN:
                self.found.append(tag)


def _leads_away(name: str, value: str) -> bool:
    """Whether an address on the page was typed by somebody, other than a telephone or mail of ours."""
    is_code = name in LINKS and CODE.match("".join(value.split()).lower()) is not None
    path = value.partition("?")[0]
    is_own = value.startswith(("#", "?", "tel:", "mailto:")) or (
        path.startswith("/") and not path.startswith("//") and MARK not in path
    )
    return is_code or (name in LEADING and MARK in value and not is_own)


#: Elements of ours among the dangerous ones: a block of data that no browser runs.
OWN = {("script", "application/json"), ("template", None)}


def strange(html: str) -> list[str]:
    """Elements and attributes that no page of ours has."""
    shape = _Shape()
    shape.feed(html)
    return [each for each in shape.found if each != "template" or MARK in html]


def _free(desk: Desk, name: str) -> tuple[dict[str, Any], list[Field]]:
    """What the form holds, and its fields that take any text."""
    bundle = desk.world.bundles["own"]
    url = desk.url(name, bundle)
    form = main_form(desk.call("owner", "GET", url).content.decode(), url.partition("?")[0])
    assert form is not None, name
    return desk.body(name, bundle), [
        field
        for field in form.fields
        if field.type in TEXT and not field.name.endswith("_text") and field.name not in NOT_FREE
    ]


NOT_FREE = {"amount", "country", "uscc", "value", "order_on", "tender_on", "hours", "cost", "winner_amount", "domain"}


def rounds(fields: list[Field]) -> Iterator[dict[str, str]]:
    """All of the texts, as many at a time as there are fields; each field gets another one every time."""
    for start in range(0, len(XSS), len(fields)):
        texts = [XSS[(start + number) % len(XSS)] for number in range(len(fields))]
        yield {field.name: text[: field.longest or None] for field, text in zip(fields, texts, strict=True)}


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_typed_never_becomes_a_part_of_the_page(desk: Desk, name: str) -> None:
    bundle, stored, refused, faults = desk.world.bundles["own"], 0, list[str](), list[str]()
    body, fields = _free(desk, name)
    for typed in rounds(fields):
        with undone():
            answer = desk.call("owner", "POST", desk.url(name, bundle), body | typed)
            assert answer.status_code < 500, (name, typed)
            pages = [("answer", answer)]
            if answer.status_code in (302, 200):
                stored += 1
                pages += [(each, desk.call("owner", "GET", desk.url(each, bundle))) for each in SHOWN[name]]
            else:
                refused += re.findall(r'_error">([^<]*)', answer.content.decode())
            for place, page in pages:
                if page.headers.get("Content-Type", "").startswith("text/html"):
                    faults += [f"{place}: {each} of {typed}" for each in strange(page.content.decode())]
    print(f"\n{name}: {stored} stored, {len(refused)} refused")
    assert faults == []
    assert stored >= 1, refused[:5]


def test_the_eye_for_strange_parts_can_see() -> None:
    assert len(XSS) >= 60
    blind = [text for text in XSS if text.startswith("<") and not strange(f"<div>{text}</div>")]
    assert len(blind) <= 6, blind  # broken ones, of which this reader makes text
    assert strange('<input value="" onfocus="1">') == ["input onfocus=1"]
    assert strange('<a href="javascript:1">x</a>') == ["a href=javascript:1"]


def test_what_is_searched_for_comes_back_as_text(desk: Desk) -> None:
    for text in XSS:
        for path in ("/search?q=", "/projects?q=", "/accounts?q=", "/registrations?q=", "/registrations/new?name="):
            page = desk.call("owner", "GET", path + quote(text))
            assert page.status_code < 500
            assert strange(page.content.decode()) == [], (path, text)
        page = desk.call("anonymous", "GET", "/login?next=" + quote(text))
        assert strange(page.content.decode()) == [], text


# --- names of files, and headers


NAMES = (
    'a".txt',
    "a\r\nSet-Cookie: hurt=1.txt",
    "a\nX-Hurt: 1.txt",
    "..\\..\\hurt.txt",
    "../../../etc/passwd.txt",
    "合同（终稿）.txt",
    "a;b=c.txt",
    "x\u202etxt.exe.txt",
    "%0d%0aX-Hurt: 1.txt",
    "<img src=x onerror=1>.txt",
    " .txt",
    "CON.txt",
)


def test_a_name_of_a_file_adds_no_header_and_leads_nowhere(desk: Desk) -> None:
    pk = desk.world.bundles["own"]["project"]
    desk.browser("owner")  # signed in before anything is taken back
    kept = 0
    for name in NAMES:
        with undone():
            content = SimpleUploadedFile("x.txt", b"words\n", content_type="text/plain")
            content._name = name  # type: ignore[attr-defined]  # past the field's own cleaning, as a program sends it
            answer = desk.call("owner", "POST", f"/files/projects/{pk}", {"upload-file": content})
            assert answer.status_code in (302, 422), name
            found = Attachment.objects.filter(root_type="projects.project", root_id=pk).order_by("-pk").first()
            assert found is not None
            kept += found.name != "quokkapart file.txt"
            page = desk.call("owner", "GET", f"/files/{found.pk}")
            assert page.status_code == 200
            assert not {"X-Hurt", "Set-Cookie"} & page.headers.keys()
            assert page.headers["Content-Disposition"].startswith("attachment")
            assert not re.search(r"[\r\n]", page.headers["Content-Disposition"])
            assert not re.search(r"[/\\]", found.name), name
            assert (page.headers["X-Content-Type-Options"], page.headers["Cache-Control"]) == (
                "nosniff",
                "private, no-store",
            )
            assert "sandbox" in page.headers["Content-Security-Policy"]
            listed = desk.call("owner", "GET", f"/projects/{pk}/files").content.decode()
            assert strange(listed) == []
    assert kept >= 6


ODD = (
    "x" * 10_000,
    "%" * 300,
    "_" * 300,
    "\x00",
    "a\x00b",
    "%ED%A0%80",
    "\ufffe",
    "0000-01-01",
    "10000-01-01",
    "0001-01-01",
    "9999-12-31",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-1",
    "0",
    str(2**63),
    str(-(2**63)),
    "9" * 400,
    "٣",
    "²",
    "1_000",
    "true",
    "null",
    "[]",
    "'; DROP TABLE org_user; --",
    "1 OR 1=1",
    "../../etc/passwd",
    "{{7*7}}",
    "𝟘",
)
#: Asked of every page, beside what its own forms ask.
QUERY = {"q", "sort", "cursor", "before", "project", "account"}


def quoted(text: str) -> str:
    return text if text.startswith("%E") else quote(text)


def odd_queries(names: set[str]) -> Iterator[str]:
    """Every odd value for all names at once, and for each name alone some of them, other ones for every name."""
    for text in ODD:
        yield "&".join(f"{name}={quoted(text)}" for name in sorted(names))
    for number, name in enumerate(sorted(names)):
        for text in ODD[number % 5 :: 5]:
            yield f"{name}={quoted(text)}"


LISTS = (
    *("/projects", "/accounts", "/activities", "/registrations", "/products", "/search", "/notifications", "/today"),
    *("/settings/users", "/settings/audit", "/settings/jobs", "/settings/parameters", "/pick/people", "/pick/accounts"),
    *("/registrations/new", "/activities/log", "/tasks/new", "/settings/departments/new"),
)


@pytest.mark.parametrize("path", LISTS)
def test_odd_questions_are_answered_or_refused(desk: Desk, path: str) -> None:
    who = "administrator" if path.startswith("/settings") else "owner"
    asked = forms_of(desk.call(who, "GET", path).content.decode())
    names = QUERY | {field.name for form in asked if form.method == "get" for field in form.fields}
    for query in odd_queries(names):
        answer = desk.call(who, "GET", f"{path}?{query}")
        assert answer.status_code < 500, f"{path}?{query[:80]}"


def test_odd_questions_about_one_project_are_answered_or_refused(desk: Desk) -> None:
    pk = desk.world.bundles["own"]["project"]
    paths = [f"/projects/{pk}/{tab}" for tab in ("history", "timeline", "step", "intelligence/new")]
    for path in (*paths, f"/accounts/{desk.world.bundles['own']['account']}/history"):
        for query in odd_queries({"before", "kind", "step"}):
            assert desk.call("owner", "GET", f"{path}?{query}").status_code < 500, f"{path}?{query[:80]}"


def test_odd_numbers_in_addresses_are_not_found(desk: Desk) -> None:
    for number in (0, -1, 2**63 - 1, 2**63, 10**40):
        for row_name, row in WEB.items():
            if "GET" in row.methods and row.kind in ("project", "account", "contact", "activity", "task", "file"):
                url = desk.url(row_name, desk.world.bundles["nonexistent"]).replace("999999999", str(number))
                assert desk.call("owner", "GET", url).status_code in (404, 403), url
        for operation in operations():
            call = API[operation.name]
            if "{" in operation.path:
                path = _path(desk, operation, call, kind_of(operation.path, call), desk.world.bundles["nonexistent"])
                token = desk.world.tokens["owner"]
                path = path.replace("999999999", str(number))
                answer = desk.api(token, operation.method, path, {}, If_Match='"1"')
                assert 400 <= answer.status_code < 500, (path, answer.status_code)


def test_odd_questions_to_the_api_are_refused_and_never_break_it(desk: Desk) -> None:
    token, asked = desk.world.tokens["owner"], 0
    for path, methods in api.get_openapi_schema()["paths"].items():
        if "{" in path or "get" not in methods:
            continue
        names = [each["name"] for each in methods["get"].get("parameters", []) if each["in"] == "query"]
        for number, name in enumerate([*names, "nothing"]):
            for text in ODD if name in ("q", "cursor", "limit", "sort") else ODD[number % 3 :: 3]:
                answer = desk.api(token, "GET", f"{path}?{name}={quoted(text)}")
                asked += 1
                assert answer.status_code < 500, (path, name, text[:40])
                assert answer.status_code == 200 or json.loads(answer.content)["code"]
    print(f"\n{asked} odd questions")


# --- headers


def test_every_answer_carries_the_headers_that_protect_it(desk: Desk) -> None:
    """No inline code is allowed anywhere, nothing is kept by caches, nothing is framed."""
    seen = 0
    for name, row in WEB.items():
        tries = [("anonymous", "own", "GET"), (entitled(row.needs), "nonexistent", "GET"), ("owner", "own", "PUT")]
        tries += [(entitled(row.needs), "own", each) for each in ("GET", "POST")]
        for who, relation, method in tries:
            with desk.same_cookies(who), undone():
                answer = desk.call(who, method, desk.url(name, desk.world.bundles[relation]))
            seen += 1
            assert _protects(answer) == [], (name, who, relation, method, _protects(answer))
    print(f"\n{seen} answers with their headers")


def _protects(answer: Any) -> list[str]:
    headers, missing = answer.headers, []
    policy = headers.get("Content-Security-Policy", "")
    if "unsafe" in policy or "default-src 'none'" not in policy or "frame-ancestors 'none'" not in policy:
        missing.append(f"policy: {policy}")
    if headers.get("X-Content-Type-Options") != "nosniff":
        missing.append("nosniff")
    if "no-store" not in headers.get("Cache-Control", ""):
        missing.append(f"cache: {headers.get('Cache-Control')}")
    if not {"HX-Request", "Cookie"} <= {each.strip() for each in headers.get("Vary", "").split(",")}:
        missing.append(f"vary: {headers.get('Vary')}")
    if headers.get("X-Frame-Options") != "DENY" or headers.get("Referrer-Policy") != "same-origin":
        missing.append("frame or referrer")
    return missing


def test_the_api_says_so_too(desk: Desk) -> None:
    for path in ("/api/v1/projects", "/api/v1/nothing", "/api/v1/openapi.json"):
        for token in ("", desk.world.tokens["owner"]):
            answer = desk.api(token, "GET", path)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "no-store" in answer.headers["Cache-Control"]
            assert "unsafe" not in answer.headers.get("Content-Security-Policy", "")
