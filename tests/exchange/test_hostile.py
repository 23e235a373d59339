"""UP1, UP2: files that mean harm are refused fast, with a reason that names them, and nothing is left behind."""

import hashlib
import resource
import time
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from openpsm.exchange.imports import files, operations
from openpsm.exchange.models import ImportBatch
from openpsm.exchange.sheets.refusal import BadTable
from tests.exchange.corpus import CORPUS, HARMLESS, cases
from tests.factories import AT
from tests.factories.org import make_department, make_user

pytestmark = pytest.mark.django_db
SECONDS = 5.0
GROWTH_MIB = 256


def digests() -> dict[str, str]:
    """All tables and stored files, each as one digest."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            rows = sorted(repr(row) for row in cursor.fetchall())
            found[model._meta.db_table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    for path in sorted(Path(settings.OPENPSM_DATA_DIR).rglob("*")):
        if path.is_file() and {"media", "imports"} & set(path.parts):
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def importer():
    return make_user(roles=["executive"], department=make_department())


def bring(by, name, content):
    """Take a file in and check it as a whole; raises BadTable when it is refused."""
    batch = operations.upload(kind="accounts", file_name=name, chunks=[content], by=by, at=AT)
    chosen = {"columns": batch.mapping["columns"] or {"0": "name"}}
    operations.settle(batch_id=batch.pk, chosen=chosen, update_by="", is_partial=False, by=by, at=AT)
    batch = operations.check(batch_id=batch.pk, by=by, at=AT)
    if batch.state == ImportBatch.State.REFUSED:
        message = batch.message
        operations.discard(batch_id=batch.pk, by=by)
        raise AssertionError(message)
    return batch


def test_corpus_is_large_enough():
    assert len(CORPUS) >= 40


@pytest.mark.parametrize(("file", "made", "said"), [case[1:] for case in cases()], ids=[case[0] for case in cases()])
def test_hostile_file_is_refused_and_leaves_nothing(file, made, said):
    by, content = importer(), made()
    before = digests()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    with pytest.raises((BadTable, AssertionError)) as caught:
        bring(by, file, content)
    spent = time.process_time() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) // 1024
    message = str(caught.value)
    assert (file in message, said in message) == (True, True), message
    assert (spent < SECONDS, grown < GROWTH_MIB) == (True, True), (spent, grown)
    after = {name: digest for name, digest in digests().items() if "mapping" not in name and "sequence" not in name}
    assert after == {name: digest for name, digest in before.items() if name in after}


@pytest.mark.parametrize("name", HARMLESS)
def test_odd_file_with_a_good_table_is_read(name):
    file, made = HARMLESS[name]
    batch = bring(importer(), file, made())
    assert (batch.state, batch.total, batch.bad) == ("checked", 1, 0)


def test_converter_that_runs_out_of_memory_is_a_refusal(monkeypatch, tmp_path):
    from openpsm.exchange.sheets import limits
    from tests.exchange.corpus import book

    monkeypatch.setattr(limits, "CONVERTER_BYTES", 1024)
    before = set(files.folder().glob("*"))
    with pytest.raises(BadTable):
        bring(importer(), "a.xlsx", book([["客户名称"], *[[f"公司{n}"] for n in range(2000)]]))
    assert set(files.folder().glob("*")) == before
