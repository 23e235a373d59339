"""Every kind exported, imported into an empty installation and exported again: the same, cell by cell."""

import csv
import json
import subprocess
import sys

import pytest

from tests.exchange.exchange_world import ORDER
from tests.races.arena import ROOT, environment, new_database

pytestmark = pytest.mark.slow


def run(folder, *arguments):
    folder.mkdir(exist_ok=True)
    with new_database(folder) as url:
        env = environment(url, folder / "data") | {"OPENPSM_LANGUAGE": "en", "OPENPSM_SECRET_KEY": "only-for-tests"}
        (folder / "data").mkdir(exist_ok=True)
        command = [sys.executable, "-m", "tests.exchange.exchange_world", *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=500, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """The folder with the exports of the awkward company."""
    folder = tmp_path_factory.mktemp("give")
    run(folder, "give", folder)
    return folder


def rows(folder, kind):
    return json.loads((folder / f"{kind}.json").read_text())


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_export_into_an_empty_installation_gives_the_same(given, tmp_path, form):
    said = run(tmp_path, "take", given, tmp_path, form)
    assert said == "{}\n"
    for kind in ORDER:
        before, after = rows(given, kind), rows(tmp_path, kind)
        assert len(before) > 2, kind
        assert sorted(map(str, after)) == sorted(map(str, before)), kind
        assert csv_rows(tmp_path, kind) == csv_rows(given, kind)


def csv_rows(folder, kind):
    with (folder / f"{kind}.csv").open(encoding="utf-8-sig", newline="") as file:
        return sorted(csv.reader(file))


def test_authors_days_stages_and_owners_are_in_the_tables(given):
    projects = {(one["name"], one["account"]): one for one in rows(given, "projects")}
    lost = projects[("丢了的", "远大机械有限公司")]
    assert (lost["owner"], lost["author"], lost["created_on"]) == ("gone", "gone", "2022-03-02")
    assert (lost["outcome"], lost["reason"], lost["product"]) == ("lost", "price", "OLD;1")
    assert [one["parent"] for one in rows(given, "accounts") if one["parent"]] == [
        "91330000MA27XF6Q3N",
        "远大机械有限公司",
    ]
    assert [one["left_on"] != "" for one in rows(given, "users")] == [False, False, False, False, True]
    assert {one["project_account"] for one in rows(given, "activities")} == {"", "远大泵业有限公司"}
