"""What every commit of this repository promises about its files."""

import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "openpsm" / "web" / "static"
LOCKS = ["requirements/base.txt", "requirements/dev.txt", "package-lock.json"]
REQUIRED = [
    "LICENSE", "NOTICE", "README.md", "README.zh-CN.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "Makefile",
    ".ci/run", ".pre-commit-config.yaml", ".editorconfig", "docs/glossary.md", "docs/business-rules.md",
    "docs/adr/0001-stack.md", "docs/adr/0005-licence.md",
]  # fmt: skip
# folders of somebody's machine, and package sources that are not the public ones
PRIVATE = re.compile(
    r"(?<![\w.])/(?:work|root|home|Users|opt/(?:pypi|wheels)|tmp/plan)(?:/|\b(?=[\s\"'`]))|file:///(?!\.)|"
    r"(?:extra-)?index-url|find-links|\.internal\b",
)
PIN = re.compile(r"^([\w.-]+)==([\w.!+]+)", re.MULTILINE)


@cache
def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """Return the text of a file, empty for a binary one."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / name).read_text()))


@pytest.mark.parametrize("name", REQUIRED)
def test_required_file_is_there_and_says_something(name):
    assert len((ROOT / name).read_text(encoding="utf-8")) > 100


def test_licence_is_the_whole_apache_licence():
    text = (ROOT / "LICENSE").read_text()
    assert ("Version 2.0, January 2004" in text, "END OF TERMS AND CONDITIONS" in text) == (True, True)


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_address(name):
    assert [line for line in (ROOT / name).read_text().splitlines() if "://" in line] == []


@pytest.mark.parametrize("name", LOCKS[:2])
def test_every_locked_package_has_hashes(name):
    blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_every_vendored_package_has_a_hash():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


def test_tests_run_with_the_versions_that_users_get():
    used, tested = pins("requirements/base.txt"), pins("requirements/dev.txt")
    assert {name: tested.get(name) for name in used} == used


def test_every_dependency_is_locked():
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[\[<>=~!]", each)[0].lower() for each in asked}
    assert names - pins("requirements/base.txt").keys() == set()


def test_every_dependency_is_explained_in_the_decision_on_the_stack():
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    explained = (ROOT / "docs/adr/0001-stack.md").read_text()
    apart = {"psycopg": "psycopg 3"}
    names = {re.split(r"[\[<>=~!]", each)[0] for each in asked}
    assert {name for name in names if apart.get(name, name) not in explained} == set()


def test_no_file_names_a_private_place():
    mine = Path(__file__)
    texts = {path: text_of(path) for path in tracked() if path != mine and "vendor" not in path.parts}
    found = {str(path.relative_to(ROOT)): hit[0] for path, text in texts.items() if (hit := PRIVATE.search(text))}
    assert found == {}


@pytest.mark.parametrize("line", ["see /work/main", "cd '/root'", "file:///opt/x", "--index-url=x", "/home/me/x"])
def test_private_places_are_recognised(line):
    assert PRIVATE.search(line)


def test_no_file_is_huge():
    assert [str(path.relative_to(ROOT)) for path in tracked() if path.stat().st_size > 2_000_000] == []


def test_vendored_files_name_no_source_map():
    files = [path for path in STATIC.rglob("*") if path.suffix in {".js", ".css"}]
    assert len(files) >= 3
    assert [path.name for path in files if "sourceMappingURL" in path.read_text(encoding="utf-8")] == []


def test_notice_names_the_vendored_versions():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    wanted = {name.removeprefix("node_modules/"): package["version"] for name, package in packages.items() if name}
    assert {
        name for name, version in wanted.items() if not re.search(rf"\({name}\) {re.escape(version)}\b", notice)
    } == set()


def test_sprite_holds_exactly_the_listed_icons():
    drawn = re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text())
    assert drawn == sorted((ROOT / "scripts" / "icons.txt").read_text().split())


def test_templates_use_icons_that_exist():
    there = set((ROOT / "scripts" / "icons.txt").read_text().split())
    templates = [path for path in tracked() if path.suffix == ".html"]
    used = {name for path in templates for name in re.findall(r'{%\s*icon\s+"([\w-]+)"', text_of(path))}
    assert used - there == set()


def test_chinese_is_complete():
    catalogue = polib.pofile((ROOT / "openpsm/locale/zh_Hans/LC_MESSAGES/django.po").read_text(encoding="utf-8"))
    open_entries = [entry.msgid for entry in [*catalogue.untranslated_entries(), *catalogue.fuzzy_entries()]]
    assert (len(catalogue) > 0, open_entries) == (True, [])


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_readme_lists_every_setting(name):
    source = (ROOT / "openpsm" / "settings.py").read_text()
    read = set(re.findall(r'(?:env\.\w+|_one_of)\(\s*"([A-Z_]+)"', source))
    assert set(re.findall(r"^\| `OPENPSM_(\w+)`", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)) == read


@pytest.mark.parametrize(("url", "backend"), [("", "console"), ("smtp://u:p@mail.example.com:587/?tls=True", "smtp")])
def test_mail_is_printed_until_its_address_is_set(url, backend, tmp_path):
    code = "from django.conf import settings; print(settings.EMAIL_BACKEND)"
    env = {"DJANGO_SETTINGS_MODULE": "openpsm.settings", "OPENPSM_DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    env |= {"OPENPSM_EMAIL_URL": url} if url else {}
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, check=True, text=True
    )
    assert said.stdout.strip() == f"django.core.mail.backends.{backend}.EmailBackend"


@pytest.mark.parametrize(
    "name", ["make-env", "ensure-system", "find-chromium", "with-postgres", "run-tests", "closing-lines"]
)
def test_scripts_can_be_run(name):
    assert (ROOT / "scripts" / name).stat().st_mode & 0o111
