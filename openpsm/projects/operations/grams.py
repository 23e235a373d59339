"""The pairs of signs by which parts of project names are found."""

from __future__ import annotations

from collections.abc import Iterable

from openpsm.core import bulk
from openpsm.core.text import telling_bigrams
from openpsm.projects.models import Project, ProjectGram


def write_new(named: Iterable[tuple[int, str]]) -> None:
    """Insert the pairs of fresh projects, given by id and name: some twenty rows each, hence as bare values."""
    pairs = sorted((pair, pk) for pk, name in named for pair in telling_bigrams(name))  # neighbours in the index
    bulk.write_values(ProjectGram, ["gram", "project"], pairs)


def rewrite(project: Project) -> None:
    """Bring the pairs of a renamed project up to date (3 queries); only those that differ are written."""
    wanted = set(telling_bigrams(project.name))
    known = ProjectGram.objects.filter(project=project)
    kept = set(known.values_list("gram", flat=True))
    known.filter(gram__in=kept - wanted).delete()
    ProjectGram.objects.bulk_create(ProjectGram(project=project, gram=pair) for pair in sorted(wanted - kept))
