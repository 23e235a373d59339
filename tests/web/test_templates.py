"""Templates are loaded without their indentation, and none relies on it."""

import re
from pathlib import Path

from django.template import engines

TEMPLATES = Path(__file__).parents[2] / "openpsm" / "web" / "templates"
SEVERAL_LINES = re.compile(r"\{%\s*block(?:translate|trans)\b(?![^%]*\btrimmed\b)[^%]*%\}[^{]*\n")
KEPT_AS_IT_IS = re.compile(r"<pre\b|<textarea\b[^>]*>\s*\n")


def test_no_indentation_is_sent():
    source = engines["django"].engine.get_template("base.html").source  # type: ignore[attr-defined]  # Django's own
    assert "\n" in source
    assert re.search(r"\n\s", source) is None


def test_no_template_relies_on_its_white_space():
    found = [
        path.name
        for path in TEMPLATES.rglob("*.html")
        if KEPT_AS_IT_IS.search(path.read_text()) or SEVERAL_LINES.search(path.read_text())
    ]
    assert found == []


def test_what_relies_on_it_would_be_found():
    assert SEVERAL_LINES.search("{% blocktranslate with a=b %}Two\nlines{% endblocktranslate %}")
    assert not SEVERAL_LINES.search("{% blocktranslate trimmed %}Two\nlines{% endblocktranslate %}")
    assert KEPT_AS_IT_IS.search("<textarea>\n  x")
