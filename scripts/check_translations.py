"""Fail unless every text of the source has a Chinese translation: nothing missing, empty, fuzzy, stale or misfilled."""

import ast
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polib
from make_messages import CATALOGUE, ROOT, extract

PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]*[\d.]*[a-zA-Z]|%[sdif]|\{\w*\}")


def from_source(root: Path) -> polib.POFile:
    """Return the catalogue that the source asks for; the one in the tree is left as it is."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        leave = shutil.ignore_patterns("static", "*.mo", "__pycache__", "locale")
        shutil.copytree(root / "openpsm", copy / "openpsm", ignore=leave)
        extract(copy)
        return polib.pofile(str(copy / CATALOGUE)) if (copy / CATALOGUE).exists() else polib.POFile()


def key(entry: polib.POEntry) -> tuple[str, str, str]:
    """Return what makes two entries the same text."""
    return (entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")


def faults_of(entry: polib.POEntry) -> Iterator[str]:
    """Say what is wrong with one translation, placeholders included: a wrong one would break the page."""
    if entry.fuzzy:
        yield "fuzzy"
    elif not entry.translated():
        yield "not translated"
    else:
        for text in [entry.msgstr, *entry.msgstr_plural.values()]:
            asked = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
            if text and set(PLACEHOLDER.findall(text)) != asked:
                yield "other placeholders"


def unread(source: str) -> Iterator[int]:
    """Yield the lines of texts inside of f-strings: xgettext does not look there."""
    for outer in ast.walk(ast.parse(source)):
        if isinstance(outer, ast.JoinedStr):
            yield from (node.lineno for node in ast.walk(outer) if isinstance(node, ast.Call) and _is_text(node))


def _is_text(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and (call.func.id == "_" or call.func.id.endswith("gettext"))


def faults(wanted: polib.POFile, kept: polib.POFile) -> Iterator[str]:
    """Compare the texts of the source with the catalogue."""
    asked, there = {key(entry) for entry in wanted}, {key(entry) for entry in kept if not entry.obsolete}
    yield from (f"missing: {msgid!r}" for _context, msgid, _plural in sorted(asked - there))
    yield from (f"no longer in the source: {msgid!r}" for _context, msgid, _plural in sorted(there - asked))
    for entry in kept:
        yield from (f"{fault}: {entry.msgid!r}" for fault in faults_of(entry) if not entry.obsolete)


def main() -> int:
    """Print each fault; 1 if there was any."""
    file = ROOT / CATALOGUE
    kept = polib.pofile(str(file)) if file.exists() else polib.POFile()
    found = list(faults(from_source(ROOT), kept))
    for path in sorted((ROOT / "openpsm").rglob("*.py")):
        found += [f"{path.relative_to(ROOT)}:{line}: a text in an f-string" for line in unread(path.read_text("utf-8"))]
    for fault in found:
        print(fault)
    if found:
        print(f"{len(found)} faults; `make messages` brings the catalogue up to date.")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
