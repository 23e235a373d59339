"""Compile openpsm/locale/*/LC_MESSAGES/*.po to .mo in plain Python, so that running OpenPSM needs no gettext."""

import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent


def compile_all(root: Path = ROOT) -> list[Path]:
    """Write a .mo beside each .po (fuzzy entries are left out, as msgfmt does) and return the files written."""
    written = []
    for source in sorted((root / "openpsm" / "locale").glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        polib.pofile(str(source), encoding="utf-8").save_as_mofile(str(target))
        written.append(target)
    return written


if __name__ == "__main__":
    for path in compile_all():
        print(path.relative_to(ROOT), file=sys.stderr)
