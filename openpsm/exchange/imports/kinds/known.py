"""Accounts that a table names: found by name, other name or credit code, among those that the person sees."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account, AccountName
from openpsm.accounts.rules import normal_uscc
from openpsm.core.text import fold
from openpsm.exchange.imports.kinds import base
from openpsm.exchange.imports.kinds.base import Context, Draft
from openpsm.org.models import User

#: What tables call the column that names the account.
NAMES = (
    "公司名称",
    "单位名称",
    "企业名称",
    "客户",
    "公司",
    "全称",
    "company",
    "company name",
    "account name",
    "account",
)


@dataclass
class Known:
    """The visible accounts that some names and codes lead to (2 queries for a whole batch)."""

    by_name: dict[str, set[int]] = field(default_factory=dict)
    by_code: dict[str, set[int]] = field(default_factory=dict)
    codes: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, by: User, names: Collection[str], codes: Collection[str] = (), *, with_aliases: bool = False) -> Known:
        """Look names and codes up; `with_aliases` also among short and former names."""
        found, keys = cls(), {fold(name)[:200] for name in names if name}
        seen = Account.objects.visible_to(by)
        columns = ("pk", "strict_key", "uscc")
        rows = list(seen.filter(strict_key__in=keys).values_list(*columns)) if keys else []
        usccs = {normal_uscc(code) for code in codes} - {""}
        rows += list(seen.filter(uscc__in=usccs).values_list(*columns)) if usccs else []
        for pk, key, code in rows:
            found.by_name.setdefault(key, set()).add(pk)
            found.codes[pk] = code
            if code:
                found.by_code.setdefault(code, set()).add(pk)
        missing = keys - found.by_name.keys()
        if with_aliases and missing:
            names_of = AccountName.objects.filter(strict_key__in=missing, account__in=seen)
            for key, pk in names_of.values_list("strict_key", "account_id"):
                found.by_name.setdefault(key, set()).add(pk)
        return found

    def one(self, text: str) -> int:
        """Return the account of this name or code; raises ValidationError for none and for several."""
        found = self.by_name.get(fold(text)[:200]) or self.by_code.get(normal_uscc(text)) or set()
        if len(found) > 1:
            raise ValidationError(
                _("Several customers are called “%(name)s”. Give the credit code.") % {"name": text[:60]}
            )
        if not found:
            raise ValidationError(_("There is no customer “%(name)s” that you see.") % {"name": text[:60]})
        return next(iter(found))


def resolve_accounts(drafts: Sequence[Draft], ctx: Context, key: str = "account") -> None:
    """Replace the name or code of the customer by its id (at most 3 queries)."""
    texts = {draft.values[key] for draft in drafts if draft.values.get(key)}
    known = Known.of(ctx.by, texts, texts, with_aliases=True)
    for draft in drafts:
        base.resolve(draft, key, f"{key}_id", known.one)
