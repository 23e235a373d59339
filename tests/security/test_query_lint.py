"""AZ4, IN3: a query of the skins begins with what the person may see, or stands below with the reason why not."""

import ast
from collections.abc import Iterator
from pathlib import Path

import openpsm

ROOT = Path(openpsm.__file__).parent
SKINS = ("web", "api", "cli")
BEGINNINGS = {"visible_to", "in_bin_of"}
MANAGERS = {"objects", "_default_manager", "_base_manager"}
RAW = {"raw", "extra", "RawSQL", "cursor", "execute", "executemany", "executescript"}
#: module → function or constant → why its query needs no scope.
ALLOWED: dict[str, dict[str, str]] = {
    "web/attached.py": {"find": "narrowed by visible_to in the next line"},
    "web/history.py": {"__init__": "names behind ids in events of a record that the reader sees"},
    "web/pickers.py": {"_find_industry": "a public code list", "_find_division": "a public code list"},
    "api/comments.py": {"_with_mentions": "people named in comments that the list has found"},
    "web/views/projects/editing.py": {"team_remove": "the part in the project that visible_to has found before"},
    "web/views/accounts/frame.py": {
        "find": "names of codes, and the protection of the account that visible_to has found",
        "context": "the team of the account that visible_to has found",
    },
    "web/lists/doing.py": {"_kept": "results of the bulk edit that visible_to has found"},
    "web/lists/jobs.py": {
        "export_list": "the worker loads who asked for the job",
        "run_bulk": "the worker loads who asked for the job",
    },
    "web/views/lists/exporting.py": {"_job": "one's own jobs"},
    "web/views/projects/listing.py": {"_prepare": "a public code list"},
    "web/views/accounts/listing.py": {"with_code_names": "a public code list"},
    "web/views/accounts/overview.py": {
        "_projects": "of others' projects at a visible account only their number is shown",
        "_contacts": "the people of the account that visible_to has found",
    },
    "web/views/files.py": {"_found": "the holder's visible_to is asked in the next line"},
    "api/accounts.py": {"_with_names": "parts of accounts that visible_to has found"},
    "api/activities.py": {"_with_people": "parts of activities that visible_to has found"},
    "api/definitions.py": {"process": "published processes are open to all staff"},
    "api/departments.py": {"_with_managers": "departments are open to all staff"},
    "api/evaluations.py": {"_judged": "versions of evaluation models are open to all staff"},
    "api/lists.py": {"visible": "narrowed by visible_to, or by the visible projects, in the next lines"},
    "api/projects.py": {"_version_of": "published processes are open to all staff"},
    "cli/commands.py": {
        "seed": "an operator at the machine, as the administrator",
        "make_token": "an operator at the machine names the user",
    },
    "cli/exchanging.py": {"actor": "an operator at the machine names the user, or the first who may"},
    "web/views/duplicates/comparing.py": {"__init__": "code lists, and the names of a pair that visible_to has found"},
    "web/views/duplicates/searching.py": {"search": "how far the one search of the base is, nothing of its accounts"},
    "web/views/imports.py": {"_job": "the job of a batch that was found among one's own"},
    "cli/checking.py": {
        "_jobs": "an operator at the machine counts jobs that were given up",
        "_clock": "an operator at the machine: only the time of the newest event is read",
    },
    "cli/demo.py": {
        "_present": "an operator at the machine starts the demo company",
        "_is_growing": "an operator at the machine hears whether more of it is to come",
    },
}
#: Where SQL is written by hand, never with anything that a request brought.
BY_HAND: dict[str, str] = {
    "org/notice.py": "asked by every page: unread lines and the notice in one statement",
    "core/checks.py": "asks the database for its settings",
    "core/events/protection.py": "the triggers that keep the log append-only",
    "core/firsts.py": "the first rows of each of many values in one statement, with parameters and our own names",
    "core/expressions.py": "runs a compiled expression, not SQL",
    "core/health.py": "asks whether the database answers",
    "core/limits.py": "a counter raised by one statement, with parameters",
    "api/project_parts.py": "the parts of a project in one statement, with parameters; visible_to has found it",
    "projects/queries/board.py": "the first cards of all columns in one statement, put together by Django",
    "org/access.py": "a person's reach in one statement at every request, with parameters",
    "cli/checking.py": "asks PostgreSQL for its clock",
    "exchange/backup/restoring.py": "empties, locks and analyses tables of an empty installation, by our own names",
    "exchange/backup/snapshot.py": "begins and ends one consistent reading of the database",
    "exchange/backup/tables.py": "sets the next id of each table, by our own names",
    "core/bulk.py": "the demo company in bulk, without a request",
}


def _parents(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def _place(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> str:
    """The name of the function, or of the constant, around a node."""
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return node.name
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.col_offset == 0:
            return node.targets[0].id
    return ""


def unscoped(source: str) -> Iterator[tuple[str, str]]:
    """Queries that begin otherwise, as (place, what they begin with)."""
    tree = ast.parse(source)
    parents = _parents(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
            first = _first_step(node, parents)
            if node.attr == "_base_manager" or first not in BEGINNINGS:
                yield _place(node, parents), first
        elif isinstance(node, ast.Call) and (bare := _bare_model(node)):
            yield _place(node, parents), bare


def _bare_model(call: ast.Call) -> str:
    """The model that a shortcut is given instead of a query."""
    is_shortcut = getattr(call.func, "id", "") in {"get_object_or_404", "get_list_or_404"}
    first = call.args[0] if is_shortcut else None
    return first.id if isinstance(first, ast.Name) and first.id[:1].isupper() else ""


def _first_step(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> str:
    """The first method that narrows: `all()`, `live()` and joins in between change nothing."""
    while True:
        above = parents.get(node)
        if not isinstance(above, ast.Attribute):
            return ""
        if above.attr not in {"all", "select_related"}:
            return above.attr
        node = parents[above]


def raw_sql(source: str) -> Iterator[tuple[str, str]]:
    """SQL by hand, and filters made of what a request brought."""
    tree = ast.parse(source)
    parents = _parents(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in RAW:
                yield _place(node, parents), name
            elif name in {"filter", "exclude", "get", "order_by"} and _from_request(node):
                yield _place(node, parents), f"{name}(**request)"


def _from_request(call: ast.Call) -> bool:
    spread = [key.value for key in call.keywords if key.arg is None]
    spread += [each.value for each in call.args if isinstance(each, ast.Starred)]
    return any("request" in ast.unparse(each) or ".GET" in ast.unparse(each) for each in spread)


def _modules(*packages: str) -> Iterator[tuple[str, str]]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text()


def test_queries_of_the_skins_begin_with_what_is_visible() -> None:
    found = {(module, place) for module, source in _modules(*SKINS) for place, _step in unscoped(source)}
    allowed = {(module, place) for module, places in ALLOWED.items() for place in places}
    assert sorted(found - allowed) == []
    assert sorted(allowed - found) == [], "allowed, and not needed any more"


def test_sql_is_written_by_hand_in_few_places() -> None:
    packages = [path.name for path in ROOT.iterdir() if path.is_dir()]
    found = {module for module, source in _modules(*packages) for _place, _name in raw_sql(source)}
    assert sorted(found - BY_HAND.keys()) == []
    assert sorted(BY_HAND.keys() - found) == [], "allowed, and not needed any more"


def test_the_lint_sees_what_it_is_for() -> None:
    assert [*unscoped("def f(user):\n    return Project.objects.filter(pk=1)")] == [("f", "filter")]
    assert [*unscoped("def f(user):\n    return Project._base_manager.visible_to(user)")] == [("f", "visible_to")]
    assert [*unscoped("def f(user):\n    return Project.objects.all().visible_to(user).filter(pk=1)")] == []
    assert [*unscoped("def f(pk):\n    return get_object_or_404(Project, pk=pk)")] == [("f", "Project")]
    assert [*raw_sql("def f(request):\n    rows.filter(**request.GET.dict())")] == [("f", "filter(**request)")]
    assert [*raw_sql("def f(rows):\n    rows.extra(where=['1=1'])")] == [("f", "extra")]
