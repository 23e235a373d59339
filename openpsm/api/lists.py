"""Records and lists of them: what is shown, allow-listed filters and sorts, page by page, as plain rows.

A list costs the same number of queries whatever its length: token, roles, settings, rows, those of `finish`, and the
count where there is more than one page.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import F, Model, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _

from openpsm.api.answers import answer, gone
from openpsm.api.auth import ApiRequest
from openpsm.api.problems import Unreadable
from openpsm.api.schemas import ListQuery, Out
from openpsm.core import paging
from openpsm.org import field_rules
from openpsm.org.models import User
from openpsm.projects.models import Project

Row = dict[str, Any]


def _aliased(name: str) -> str:
    return f"shown_as_{name}"


def _unchanged(rows: list[Row], _user: User) -> list[Row]:
    return rows


@dataclass(frozen=True)
class Shape:
    """How a record looks: the members of `out`, each the column of its name unless `aliases` says otherwise.

    `extras` are columns that `finish` needs and takes away; `made` are members that `finish` adds. Rows of a model
    without a visibility of its own are seen by who sees their project (`through_project`) or by all staff (`is_open`).
    """

    model: type[Model]
    out: type[Out]
    aliases: Mapping[str, str] = field(default_factory=dict)
    extras: tuple[str, ...] = ()
    made: frozenset[str] = frozenset()
    finish: Callable[[list[Row], User], list[Row]] = _unchanged
    through_project: bool = False
    is_open: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The columns to read; an alias is read under a name that no column of the model can have."""
        shown = (name for name in self.out.model_fields if name not in self.made)
        return (*(_aliased(name) if name in self.aliases else name for name in shown), *self.extras)

    def visible(self, user: User) -> QuerySet[Any]:
        """The rows that the user may see."""
        rows: Any = self.model._default_manager.all()
        if self.is_open:
            shown: QuerySet[Any] = rows
        elif self.through_project:
            shown = rows.filter(project__in=Project.objects.visible_to(user))
        else:
            shown = rows.visible_to(user)
        return shown

    def named(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows with the aliases ready to be read; not for counting, which needs none of their joins."""
        named: QuerySet[Any] = rows.annotate(**{_aliased(name): F(path) for name, path in self.aliases.items()})
        return named

    def one(self, user: User, pk: int) -> Row:
        """Return a record (1 query and those of `finish`); raises DoesNotExist for what the user does not see."""
        return self.ready([self.named(self.visible(user).filter(pk=pk)).values(*self.names).get()], user)[0]

    def show(self, request: ApiRequest, pk: int, *, status: int = 200) -> HttpResponse:
        """Answer with a record; 404 for what the user does not see."""
        return answer(self.one(request.auth, pk), status=status)

    def written(self, request: ApiRequest, record: Model | int | None, *, status: int = 200) -> HttpResponse:
        """Answer with what an operation has written; with nothing if it is out of the caller's sight from now on."""
        pk = record.pk if isinstance(record, Model) else record
        found = self.named(self.visible(request.auth).filter(pk=pk)).values(*self.names).first()
        return answer(self.ready([found], request.auth)[0], status=status) if found else gone()

    def ready(self, rows: list[Row], user: User) -> list[Row]:
        """Empty what the user may not read, let `finish` do its part, and drop what is not shown."""
        closed = self._closed(user)
        for row in rows:
            row.update({name: row.pop(_aliased(name)) for name in self.aliases}, **closed)
        shown = self.out.model_fields
        return [{name: row[name] for name in shown} for row in self.finish(rows, user)]

    def _closed(self, user: User) -> Row:
        readable = field_rules.readable_fields(user, self.model)
        shown = self.out.model_fields.keys() - self.made - self.aliases.keys()
        rules = {name: field_rules.rule_of(self.model, name) for name in shown}
        return {name: None for name, rule in rules.items() if rule and rule.field not in readable}


@dataclass(frozen=True)
class Listing(Shape):
    """A list of such records. `sorts` maps the names of sorts to columns; one that may be null ends in "?".

    `lookups` says what a filter means where it is not the column of its name; `searches` maps filters to methods of
    the queryset, `negated` filters mean the opposite of what their lookup asks. `kept` are counts that are kept ready;
    none is used where the address itself filters (`fixed`).
    """

    sorts: Mapping[str, str] = field(default_factory=dict)
    lookups: Mapping[str, str] = field(default_factory=dict)
    searches: Mapping[str, str] = field(default_factory=dict)
    negated: frozenset[str] = frozenset()
    kept: paging.Kept | None = None

    def page(self, request: ApiRequest, query: ListQuery, **fixed: Any) -> HttpResponse:
        """Answer one page; `fixed` are filters that the address gives. Raises BadCursor, UnknownSort, Unreadable."""
        chosen = query.model_dump(exclude={"limit", "cursor", "sort"}, exclude_none=True)
        rows = self._filtered(self.visible(request.auth).filter(**fixed), chosen, request.auth)
        cursor = _opened(request, query.cursor)
        default = type(query).model_fields["sort"].default
        order = paging.order_of(query.sort, self.sorts, default)
        self._require_open(order.field, request.auth)
        count = partial(self._count, rows, chosen, fixed, request.auth)
        found = paging.take(self.named(rows), order=order, cursor=cursor, limit=query.limit, values=self.names)
        return answer(
            {
                "items": self.ready(found.rows, request.auth),
                "next": _closed(request, found.next),
                "count": None if cursor else paging.count_of(found, count, cursor=cursor),
            }
        )

    def _count(self, rows: QuerySet[Any], chosen: Mapping[str, Any], fixed: Iterable[str], user: User) -> int | None:
        """Count the rows up to the cap, from kept counts where these know all filters (1 query)."""
        if self.kept is not None and not fixed and self.kept.knows(chosen):
            return self.kept.count(user, lambda kept: self._filtered(kept, chosen, user))
        return paging.capped_count(rows)

    def _filtered(self, rows: QuerySet[Any], chosen: Mapping[str, Any], user: User) -> QuerySet[Any]:
        for name, value in chosen.items():
            if name in self.searches:
                rows = getattr(rows, self.searches[name])(value)
            else:
                self._require_open(self.lookups.get(name, name), user)
                wanted = not value if name in self.negated else value
                rows = rows.filter(**{self.lookups.get(name, name): wanted})
        return rows

    def _require_open(self, path: str, user: User) -> None:
        """Refuse to filter or sort by a field that is closed to the user, in the words for an unknown one."""
        name = path.split("__")[0]
        rule = field_rules.rule_of(self.model, name)
        is_internal = rule is not None and rule.cls == field_rules.FieldClass.INTERNAL
        if rule and not is_internal and not field_rules.may_filter(user, self.model, name):
            raise Unreadable(_("Unknown or hidden field: “%(name)s”.") % {"name": name}, code="unknown-field")


def _signer(request: ApiRequest) -> Signer:
    return Signer(salt=f"openpsm.api.cursor:{request.path}")


def _closed(request: ApiRequest, cursor: str) -> str | None:
    return _signer(request).sign(cursor) if cursor else None


def _opened(request: ApiRequest, cursor: str) -> str:
    """Cursors are signed for their list: one that we did not make never reaches the database."""
    try:
        return str(_signer(request).unsign(cursor)) if cursor else ""
    except BadSignature as error:
        text = _("This page marker is not valid; start again from the first page.")
        raise paging.BadCursor(text) from error
