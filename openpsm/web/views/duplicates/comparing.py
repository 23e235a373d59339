"""One pair side by side: put it aside, link it, merge it with a preview, take a merge back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account, AccountKind, AccountName, Division, Industry
from openpsm.core.errors import DomainError
from openpsm.core.money import format_amount
from openpsm.duplicates import operations, queries, rules
from openpsm.duplicates.models import DuplicatePair, Merge, PairState
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project
from openpsm.projects.queries import totals
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import tell
from openpsm.web.lists import neighbours
from openpsm.web.undo import say_undoable
from openpsm.web.views.duplicates.listing import words_of

MAY = Permission.ACCOUNT_MERGE
NOTHING = "—"


@dataclass(frozen=True)
class Line:
    """One line of the comparison: both values as read, whether they differ, and whose wins by default."""

    name: str
    label: str
    one: str
    other: str
    differs: bool
    side: str = ""


def _find(request: UserRequest, pk: int) -> DuplicatePair:
    related = ("one__owner", "one__department", "one__parent", "other__owner", "other__department", "other__parent")
    rows = DuplicatePair.objects.visible_to(request.user).select_related("decided_by", *related)
    pair: DuplicatePair = get_object_or_404(rows, pk=pk)
    return pair


@page(MAY)
def detail(request: UserRequest, pk: int) -> HttpResponse:
    """Show the two accounts side by side, what hangs on them, and what can be done."""
    pair = _find(request, pk)
    is_open = pair.state == PairState.OPEN
    preview = queries.preview(pair.one, pair.other)
    context = {
        "title": _("Two accounts compared"),
        "crumbs": _crumbs(),
        "pair": pair,
        "reasons": words_of(pair.reasons),
        "lines": _lines(pair.one, pair.other, preview.fields),
        "figures": _figures(request.user, pair) if is_open else [],
        "obstacles": [text for _code, text in preview.obstacles],
        "is_open": is_open,
        "merge": None if is_open else _merge_of(request.user, pair),
        "neighbours": neighbours.around(request, pair),
        "carried": _carried(request),
    }
    return render(request, "duplicates/detail.html", context)


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Duplicates"), reverse("web:duplicate-list")), *more]


def _carried(request: UserRequest) -> str:
    query = request.GET.urlencode()
    return f"?{query}" if neighbours.NAME in request.GET else ""


def _merge_of(user: User, pair: DuplicatePair) -> Merge | None:
    both = [pair.one_id, pair.other_id]
    rows = (
        Merge.objects.visible_to(user)
        .standing()
        .filter(kept__in=both, gone__in=both)
        .select_related("kept", "created_by")
    )
    return rows.first() if pair.state == PairState.MERGED else None


def _lines(one: Account, other: Account, fields: list[queries.FieldChoice]) -> list[Line]:
    """All fields with a value on either side, in words (3 queries)."""
    names = _Words([one, other])
    known = [field for field in fields if field.kept or field.gone]
    return [
        Line(
            field.name,
            names.label(field.name),
            names.of(one, field.name, field.kept),
            names.of(other, field.name, field.gone),
            field.differs,
            field.side,
        )
        for field in known
    ] + [Line("names", _("Other names"), names.others(one), names.others(other), False)]


class _Words:
    """Values of accounts as people read them."""

    def __init__(self, accounts: list[Account]) -> None:
        self.regions = dict(
            Division.objects.filter(pk__in=[one.region for one in accounts]).values_list("pk", "full_name")
        )
        self.industries = dict(
            Industry.objects.filter(pk__in=[one.industry for one in accounts]).values_list("pk", "name")
        )
        rows = AccountName.objects.filter(account__in=accounts).order_by("pk").values_list("account_id", "name")
        self.names = list(rows)

    def label(self, name: str) -> str:
        if name.startswith(rules.CUSTOM):
            return name.removeprefix(rules.CUSTOM)
        if name == "owner_id":
            return _("Owner")
        return str(Account._meta.get_field(name.removesuffix("_id")).verbose_name).capitalize()  # type: ignore[union-attr]  # columns all

    def of(self, account: Account, name: str, value: Any) -> str:
        if value in (None, "", [], {}):
            return NOTHING
        shown: dict[str, Callable[[], Any]] = {
            "kind": lambda: dict(AccountKind.choices).get(value, value),
            "region": lambda: self.regions.get(value, value),
            "industry": lambda: self.industries.get(value, value),
            "owner_id": lambda: account.owner,
            "parent_id": lambda: account.parent,
        }
        return str(shown.get(name, lambda: value)())

    def others(self, account: Account) -> str:
        return _(", ").join(name for pk, name in self.names if pk == account.pk) or NOTHING


def _figures(user: User, pair: DuplicatePair) -> list[Line]:
    """What hangs on either account (a query for each kind of row), and what the projects are worth that one sees."""
    labels = queries.labels()
    one, other = queries.counts(pair.one), queries.counts(pair.other)
    lines = [
        Line(key, labels[key], str(one.get(key, 0)), str(other.get(key, 0)), False)
        for key in labels
        if key in one or key in other
    ]
    worth = [_worth(user, account) for account in (pair.one, pair.other)]
    return [*lines, Line("amount", _("Amount of projects"), worth[0], worth[1], False)]


def _worth(user: User, account: Account) -> str:
    rows = totals.of(Project.objects.visible_to(user).filter(account=account))
    money = [format_amount(row["amount"], row["currency"]) for row in rows if row["amount"]]
    return " + ".join(money) or NOTHING


@page(MAY, methods=("POST",))
def apart(request: UserRequest, pk: int) -> HttpResponse:
    """Say that these are two companies, and how one knows."""
    pair, remark = _find(request, pk), request.POST.get("remark", "")[:400]
    done = _("Put aside: it comes back only if one of the two is called otherwise.")
    return _decide(request, pair, done, lambda seen: operations.tell_apart(pair_id=pair.pk, remark=remark, **seen))


@page(MAY, methods=("POST",))
def link(request: UserRequest, pk: int) -> HttpResponse:
    """Say that one is the parent company of the other."""
    pair = _find(request, pk)
    parent = pair.other_id if request.POST.get("parent") == "other" else pair.one_id
    done = _("The two are linked as parent and branch.")
    return _decide(request, pair, done, lambda seen: operations.link_pair(pair_id=pair.pk, parent_id=parent, **seen))


def _decide(
    request: UserRequest, pair: DuplicatePair, done: str, call: Callable[[dict[str, Any]], Any]
) -> HttpResponse:
    """Make the call and go on with the next pair of the list that one came from; stay where it is refused."""
    around = neighbours.around(request, pair)
    here = reverse("web:duplicate-detail", args=[pair.pk]) + _carried(request)
    try:
        call({"by": request.user, "at": timezone.now(), "version": _version(request)})
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(here)
    messages.success(request, done)
    return redirect(around.next if around and around.next else here)


def _version(request: UserRequest, name: str = "version") -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


@page(MAY, methods=("GET", "POST"))
def merge(request: UserRequest, pk: int) -> HttpResponse:
    """Choose field by field, see what moves and what forbids it, then merge."""
    pair = _find(request, pk)
    if pair.state == PairState.MERGED:
        raise Http404
    asked = request.POST if request.method == "POST" else request.GET
    kept, gone = (pair.other, pair.one) if asked.get("keep") == "other" else (pair.one, pair.other)
    error = ""
    if request.method == "POST":
        try:
            _merge(request, kept, gone)
        except DomainError as refused:
            error = str(refused)
        else:
            text = _("Merged: “%(gone)s” is part of “%(kept)s” now.") % {"gone": gone.name, "kept": kept.name}
            say_undoable(request, text, "duplicate-undo", pair.pk)
            return redirect(reverse("web:duplicate-detail", args=[pair.pk]) + _carried(request))
    return render(
        request, "duplicates/merge.html", _preview(request, pair, kept, gone, error), status=422 if error else 200
    )


def _merge(request: UserRequest, kept: Account, gone: Account) -> Merge:
    given = {name.removeprefix("side_"): value for name, value in request.POST.items() if name.startswith("side_")}
    return operations.merge_accounts(
        kept_id=kept.pk,
        gone_id=gone.pk,
        values=given,  # type: ignore[arg-type]  # the operation refuses other sides
        name_kind=request.POST.get("name_kind", AccountName.Kind.ALIAS),
        by=request.user,
        at=timezone.now(),
        version=_version(request, "kept_version"),
        gone_version=_version(request, "gone_version"),
    )


def _preview(request: UserRequest, pair: DuplicatePair, kept: Account, gone: Account, error: str) -> dict[str, Any]:
    seen, labels = queries.preview(kept, gone), queries.labels()
    lines = [line for line in _lines(kept, gone, seen.fields) if line.name != "names"]
    back = reverse("web:duplicate-detail", args=[pair.pk]) + _carried(request)
    return {
        "title": _("Merge two accounts"),
        "crumbs": _crumbs((_("Two accounts compared"), back)),
        "back": back,
        "pair": pair,
        "keep": "other" if kept.pk == pair.other_id else "one",
        "kept": kept,
        "gone": gone,
        "choices": [line for line in lines if line.differs],
        "equal": [line for line in lines if not line.differs],
        "moves": [(labels[key], number) for key, number in seen.counts.items()],
        "obstacles": [text for _code, text in seen.obstacles],
        "kinds": [(kind.value, kind.label) for kind in (AccountName.Kind.ALIAS, AccountName.Kind.FORMER)],
        "error": error,
    }


@page(MAY, methods=("POST",))
def undo(request: UserRequest, pk: int) -> HttpResponse:
    """Take the merge of a pair back."""
    pair = _find(request, pk)
    made = _merge_of(request.user, pair)
    if made is None:
        raise Http404
    tell(
        request,
        lambda: operations.undo_merge(merge_id=made.pk, by=request.user, at=timezone.now()),
        _("The merge was taken back: both accounts are as they were."),
    )
    return redirect(reverse("web:duplicate-detail", args=[pair.pk]) + _carried(request))
