"""The pages that code points to exist, and so does every place that one page names in another."""

import re
from pathlib import Path

import openpsm

PACKAGE = Path(openpsm.__path__[0])
DOCS = PACKAGE.parent / "docs"
LINK = re.compile(r"\]\(([^)\s]+)\)")
RULE = re.compile(r"business-rules\.md((?:#[a-z-]+(?:,? (?:and )?)?)+)")


def anchors(page: Path) -> set[str]:
    """Return the anchors that a Markdown page offers, made from its headings as the usual viewers make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_every_rule_that_the_code_names_is_documented():
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.yaml")]
    named = {
        anchor
        for file in files
        for found in RULE.findall(file.read_text(encoding="utf-8"))
        for anchor in re.findall(r"#([a-z-]+)", found)
    }
    assert len(named) > 5
    assert named - anchors(DOCS / "business-rules.md") == set()


def test_links_between_pages_lead_somewhere():
    broken = []
    for page in DOCS.rglob("*.md"):
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            if "://" in link:
                continue
            name, _hash, anchor = link.partition("#")
            target = (page.parent / name).resolve() if name else page
            if not target.exists() or (anchor and anchor not in anchors(target)):
                broken.append(f"{page.relative_to(DOCS)}: {link}")
    assert broken == []


def test_the_guide_has_the_same_pages_in_both_languages():
    chinese, english = ({page.name for page in (DOCS / "guide" / language).glob("*.md")} for language in ("zh", "en"))
    assert chinese
    assert chinese == english
