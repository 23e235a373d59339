"""Copy the front-end libraries from node_modules into openpsm/web/static and build the sprite of icons.

What only tests use (axe-core) goes to tests/browser/vendor and is never part of the product.

Run by `make vendor` after `npm ci`. The results are in git, so that nobody needs Node to run OpenPSM.
"""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
STATIC = ROOT / "openpsm" / "web" / "static"
VENDOR = STATIC / "vendor"
TESTS = ROOT / "tests" / "browser" / "vendor"
SVG = "http://www.w3.org/2000/svg"

FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "LICENSE-htmx.txt": "htmx.org/LICENSE",
    "LICENSE-popper.txt": "@popperjs/core/LICENSE.md",
    "LICENSE-tabler-icons.txt": "@tabler/icons/LICENSE",
}
TESTED_WITH = {
    "axe.min.js": "axe-core/axe.min.js",
    "LICENSE-axe.txt": "axe-core/LICENSE",
    "LICENSE-axe-3RD-PARTY.txt": "axe-core/LICENSE-3RD-PARTY.txt",
}
# Tabler's package carries no licence file: the same MIT text as the icons', with the copyright lines of its banner
MIT_WITHOUT_FILE = {
    "LICENSE-tabler.txt": "Copyright (c) 2018-2026 The Tabler Authors\nCopyright (c) 2018-2026 codecalm.net Paweł Kuna",
    "LICENSE-bootstrap.txt": "Copyright (c) 2011-2025 The Bootstrap Authors",
}
ICONS = ROOT / "scripts" / "icons.txt"  # one name of a Tabler outline icon a line


def without_source_map(text: str) -> str:
    """Take out the mention of a .map file, which is not shipped and which the manifest storage would look for."""
    text = re.sub(r"/\*[#@]\s*sourceMappingURL=[^*]*\*/\s*", "", text)
    return re.sub(r"^//[#@]\s*sourceMappingURL=.*$\s*", "", text, flags=re.MULTILINE)


def symbol(name: str) -> ET.Element:
    """Return one outline icon as a <symbol>; the width of its strokes is left to the style sheet."""
    drawing = ET.parse(MODULES / "@tabler" / "icons" / "icons" / "outline" / f"{name}.svg").getroot()  # noqa: S314 - as above
    attributes = {
        key: drawing.attrib[key] for key in ("viewBox", "fill", "stroke", "stroke-linecap", "stroke-linejoin")
    }
    made = ET.Element(f"{{{SVG}}}symbol", {"id": name, **attributes})
    made.extend(part for part in drawing if part.get("d") != "M0 0h24v24H0z")  # the invisible frame
    for part in made:
        part.tail = None
    return made


def sprite(names: list[str]) -> str:
    """Return one SVG file with a <symbol> for each name, in alphabetical order."""
    ET.register_namespace("", SVG)
    root = ET.Element(f"{{{SVG}}}svg")
    for name in sorted(set(names)):
        root.append(symbol(name))
        root[-1].tail = "\n"
    root.text = "\n"
    return ET.tostring(root, encoding="unicode") + "\n"


def strip_lock(path: Path) -> None:
    """Take the addresses for donations out of package-lock.json: the lock names no host."""
    lock = json.loads(path.read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        package.pop("funding", None)
    path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Write everything anew."""
    for folder, files in ((VENDOR, FILES), (TESTS, TESTED_WITH)):
        folder.mkdir(parents=True, exist_ok=True)
        for target, source in files.items():
            text = (MODULES / source).read_text(encoding="utf-8")
            (folder / target).write_text(without_source_map(text), encoding="utf-8")
    mit = (MODULES / FILES["LICENSE-tabler-icons.txt"]).read_text(encoding="utf-8")
    for target, copyright_lines in MIT_WITHOUT_FILE.items():
        text = re.sub(r"^Copyright .*$", copyright_lines, mit, count=1, flags=re.MULTILINE)
        (VENDOR / target).write_text(text, encoding="utf-8")
    (STATIC / "icons.svg").write_text(sprite(ICONS.read_text().split()), encoding="utf-8")
    strip_lock(ROOT / "package-lock.json")


if __name__ == "__main__":
    main()
