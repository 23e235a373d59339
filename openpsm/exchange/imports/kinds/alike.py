"""Rows of a table of accounts that mean a customer who is known, or the company of another row.

Only equal codes and names are the same; what is alike is said and kept apart: nothing is ever merged by an import.

Rule: docs/business-rules.md#imports
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.accounts.rules import check_uscc, leading_marks, marks
from openpsm.core.errors import DomainError
from openpsm.core.text import fold
from openpsm.exchange.imports.kinds.base import Context, Draft, Values
from openpsm.exchange.imports.kinds.known import Known
from openpsm.exchange.models import ImportRow
from openpsm.registrations.matching import REASONS, Claim, twins_of
from openpsm.registrations.models import Registration
from openpsm.registrations.operations import lock
from openpsm.registrations.rules import HitClass, Likeness, compare_companies

#: Kinds of marks by which rows of one file meet: the name without legal form, and the sounds of its telling part.
MEETING = ("plain:", "near:")
#: So long may a registration have waited for its turn since the moment that it bears.
WAITING = timedelta(minutes=1)


def match_account(draft: Draft, known: Known, ctx: Context) -> None:
    """The same company is there already if the credit code is equal, or the name and not both have a code."""
    key, code = fold(draft.values.get("name", ""))[:200], draft.values["uscc"]
    same = _of_code(known, code)
    by_name = known.by_name.get(key, set())
    same |= {pk for pk in by_name if not code or not known.codes[pk] or known.codes[pk] == code}
    if ctx.update_by == "uscc":
        same = set(known.by_code.get(code, ())) if code else set()
    _check_twice(draft, ctx, key, code)
    if not same:
        if by_name:
            draft.warnings["name"] = _("A customer with another credit code has this name.")
    elif not ctx.update_by:
        text = _("This customer exists already.") if len(same) == 1 else _("Several customers answer to this.")
        draft.errors["uscc" if code and known.by_code.get(code) else "name"] = text
    elif len(same) > 1:
        draft.errors["name"] = _("Several customers answer to this.")
    else:
        draft.match_id = next(iter(same))


def _of_code(known: Known, code: str) -> set[int]:
    """Return the accounts with this credit code; an odd one, as old registrations have, stands for nobody alone."""
    return set() if not code or check_uscc(code) else set(known.by_code.get(code, ()))


def _check_twice(draft: Draft, ctx: Context, key: str, code: str) -> None:
    earlier = ctx.twice(("uscc", code), draft.number) if code else None
    if earlier is not None and check_uscc(code):
        draft.warnings["uscc"] = _("Row %(row)s has the same credit code.") % {"row": earlier}
    elif earlier is not None:
        draft.errors["uscc"] = _("Row %(row)s has the same credit code.") % {"row": earlier}
        return
    named = ctx.twice(("name", key), draft.number) if key else None
    bare = ctx.twice(("bare", key), draft.number) if key and not code else ctx.seen.get(hash(("bare", key)))
    if named is not None and (not code or bare is not None):
        draft.errors["name"] = _("Row %(row)s has the same name.") % {"row": named}
    elif named is not None:
        draft.warnings["name"] = _("Row %(row)s has the same name and another credit code.") % {"row": named}


def warn_of_alike(drafts: Sequence[Draft], ctx: Context) -> None:
    """Say which good rows are, or may be, a visible customer or an earlier row (a handful of queries)."""
    claims = {one.number: claim_of(one.values) for one in drafts if not one.errors and one.match_id is None}
    known = twins_of(claims, Account.objects.live().visible_to(ctx.by))
    earlier = _earlier_rows(claims, ctx)
    for draft in drafts:
        if twin := known.get(draft.number):
            text = _("Possibly the same as the customer %(name)s (%(why)s); it was kept apart.")
            draft.warnings.setdefault("name", text % {"name": twin.name, "why": _why(twin.likeness)})
        elif draft.number in earlier:
            row, likeness = earlier[draft.number]
            said = {"row": row, "why": _why(likeness)}
            draft.warnings.setdefault(
                "name", _("Possibly the same as row %(row)s (%(why)s); it was kept apart.") % said
            )


def claim_of(values: Mapping[str, Any]) -> Claim:
    """Return what a row says of a company."""
    others = tuple(values[key] for key in ("short_name", "former_name", "english_name") if values.get(key))
    return Claim(
        values.get("name", ""),
        uscc=values.get("uscc", ""),
        phones=(values["phone"],) if values.get("phone") else (),
        domain=values.get("domain", ""),
        other_names=others,
        country=values.get("country") or "CN",
    )


def _why(likeness: Likeness) -> str:
    return ", ".join(str(REASONS[reason]) for reason in likeness.reasons)


def _earlier_rows(claims: Mapping[int, Claim], ctx: Context) -> dict[int, tuple[int, Likeness]]:
    """Return by row the earlier one that may be the same company: of each meeting the first row is remembered.

    Names of rows of this chunk are at hand, those of earlier ones are kept rows (1 query).
    """
    met: dict[int, set[int]] = {}
    for number, claim in claims.items():
        first = (ctx.twice(mark, number) for mark in _meeting(claim.name))
        met[number] = {row for row in first if row is not None}
    wanted = {row for rows in met.values() for row in rows} - claims.keys()
    kept = ImportRow.objects.filter(batch=ctx.batch_id, number__in=wanted).values_list("number", "values__name")
    names = {number: claim.name for number, claim in claims.items()} | dict(kept if wanted else ())
    found: dict[int, tuple[int, Likeness]] = {}
    for number, rows in met.items():
        for row in sorted(rows & names.keys()):
            likeness = compare_companies(names[number], names[row] or "")
            if likeness and likeness.cls != HitClass.RELATED:
                found.setdefault(number, (row, likeness))
    return found


def _meeting(name: str) -> set[str]:
    if not fold(name):
        return set()
    return {mark for mark in marks(names=[name]) | leading_marks(name) if mark.startswith(MEETING)}


def require_still_new(rows: Sequence[tuple[int, Values]], ctx: Context) -> None:
    """Hold the lock of registering; somebody may have registered one of them since the check (at most 10 queries).

    Raises DomainError for the first row whose name or code is there by now, or that is the same company as one
    registered since: what stood there before has been looked at with the check.
    """
    lock()
    known = Known.of(ctx.by, [values["name"] for _n, values in rows], [values["uscc"] for _n, values in rows])
    for number, values in rows:
        key, code = fold(values["name"])[:200], values["uscc"]
        by_name = {pk for pk in known.by_name.get(key, ()) if not code or known.codes[pk] in ("", code)}
        if by_name or _of_code(known, code):
            _refuse(number)
    since = (ctx.checked_at or ctx.at) - WAITING
    registered = Registration.objects.filter(kind=Registration.Kind.ACCOUNT, registered_at__gte=since)
    if not registered.exists():
        return
    fresh = Account.objects.live().visible_to(ctx.by).filter(pk__in=registered.values("account_id"))
    for number, twin in twins_of({number: claim_of(values) for number, values in rows}, fresh).items():
        if twin.likeness.cls == HitClass.SAME:
            _refuse(number)


def _refuse(number: int) -> None:
    raise DomainError(_("This customer has been registered meanwhile."), row=number)
