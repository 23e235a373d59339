"""Bring openpsm/locale up to date with the source: `make messages`.

`--from FILE` (may be repeated) takes translations that are still empty from another catalogue.
"""

import argparse
import os
import sys
from pathlib import Path

import polib
from django.core.management import call_command
from django.core.management.commands.makemessages import Command

ROOT = Path(__file__).resolve().parent.parent
LOCALE = "zh_Hans"
HEADER = {
    "Project-Id-Version": "OpenPSM",
    "Language": LOCALE,
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}
CATALOGUE = Path("openpsm") / "locale" / LOCALE / "LC_MESSAGES" / "django.po"


class Extract(Command):
    """Django's makemessages without guesses: an unknown text stays empty, it does not become fuzzy.

    `_t` is `gettext` where a module calls `gettext_lazy` `_`.
    """

    xgettext_options = [*Command.xgettext_options, "--keyword=_t"]
    msgmerge_options = [*Command.msgmerge_options, "--no-fuzzy-matching"]


def extract(root: Path) -> None:
    """Write the texts of the sources under `root`/openpsm into its catalogue, keeping the translations there are."""
    before = Path.cwd()
    os.chdir(root / "openpsm")
    try:
        (Path("locale") / LOCALE / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
        call_command(
            Extract(),
            locale=[LOCALE],
            extensions=["html", "txt", "py"],
            ignore_patterns=["static/*"],
            no_obsolete=True,
            no_wrap=True,
            add_location="file",
            verbosity=0,
        )
    finally:
        os.chdir(before)


def fill(catalogue: polib.POFile, other: polib.POFile) -> int:
    """Give every empty entry the translation that the other catalogue has; return how many there were."""
    filled = 0
    for entry in catalogue.untranslated_entries():
        found = other.find(entry.msgid, msgctxt=entry.msgctxt)
        if found and found.translated():
            entry.msgstr, entry.msgstr_plural = found.msgstr, found.msgstr_plural
            filled += 1
    return filled


def main() -> None:
    """Extract, then fill from the given catalogues."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="others", action="append", default=[], metavar="FILE")
    given = parser.parse_args()
    extract(ROOT)
    catalogue = polib.pofile(str(ROOT / CATALOGUE), wrapwidth=0)
    for other in given.others:
        print(f"{other}: {fill(catalogue, polib.pofile(other))} taken", file=sys.stderr)
    # only what stays the same from run to run: no dates, no names
    catalogue.header, catalogue.metadata, catalogue.metadata_is_fuzzy = "The Chinese texts of OpenPSM.", HEADER, False
    catalogue.save()
    print(f"{len(catalogue.untranslated_entries())} of {len(catalogue)} texts lack a translation", file=sys.stderr)


if __name__ == "__main__":
    main()
