"""The public pool: customers that belong to nobody, why they are there, and what one may take."""

from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from openpsm.accounts.models import Account, AccountKind
from openpsm.core import parameters
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.registrations import queries
from openpsm.registrations.models import PoolStay
from openpsm.registrations.parameters import RECLAIM_DAYS, UNWORKED_DAYS
from openpsm.registrations.territories import strange_territories
from openpsm.web.access import UserRequest, page
from openpsm.web.lists.declaration import NOTHING, Column, Listing, Reader, Row, day_of, label_of, link
from openpsm.web.lists.filters import ChoiceFilter, DayFilter, PickedFilter, choices_of, search
from openpsm.web.lists.page import show
from openpsm.web.views.accounts.listing import code_columns, with_code_names
from openpsm.web.views.registration_listing import ways

KINDS, WHYS = dict(AccountKind.choices), dict(PoolStay.Why.choices)
WHY = PoolStay.Why
#: What tells in whose territory a customer lies.
PLACE = ("pk", "name", "uscc", "region", "industry")


def _prepare(rows: list[Row], reader: Reader) -> list[Row]:
    """Say of each why it is there, in whose words, and whose it was (3 queries or fewer)."""
    stays = queries.open_stays(reader.user).filter(account__in=[row["pk"] for row in rows])
    known = {stay.account_id: stay for stay in stays.select_related("former_owner")}
    may_take = access.reach(reader.user).holds_anywhere(Permission.REGISTRATION_CREATE)
    now = timezone.now()
    outside = _outside(rows, reader.user) if may_take else frozenset()
    for row in rows:
        row["is_outside"] = row["pk"] in outside
        stay = known.get(row["pk"])
        former = stay.former_owner if stay else None
        row["why"] = stay.why if stay else WHY.STOCK
        row["reason"] = stay.reason if stay else ""
        row["former_owner"] = former.name if former else ""
        row["may_take"] = may_take
        row["free_on"] = stay and queries.free_again_on(
            reader.user, former_owner_id=stay.former_owner_id, entered_at=stay.entered_at, at=now
        )
    return with_code_names(rows, reader)


def _outside(rows: list[Row], user: User) -> frozenset[int]:
    """Which of these lie in the territory of others (1 query without territories, else 3)."""
    if not rows or any(name not in rows[0] for name in PLACE):
        return frozenset()
    places = [Account(**{name: row[name] for name in PLACE}) for row in rows]
    strange = strange_territories(places, user)
    return frozenset(row["pk"] for row, found in zip(rows, strange, strict=True) if found)


def _why(row: Row, _reader: Reader) -> Any:
    """The kind of reason, and under it the words that somebody has written."""
    words = row["reason"] if row["why"] in (WHY.RELEASED, WHY.RETURNED) else ""
    more = format_html('<div class="psm-small psm-muted">{}</div>', words) if words else ""
    return format_html("<div>{}{}</div>", WHYS[row["why"]], more)


def _take(row: Row, _reader: Reader) -> Any:
    """One tap; whoever lost it lately reads when it may be theirs again."""
    if not row["may_take"]:
        return ""
    if row["free_on"]:
        words = _t("yours again from %(day)s on") % {"day": row["free_on"]}
        return format_html('<span class="psm-small psm-muted">{}</span>', words)
    if row["is_outside"]:
        said = _t("Ask for an exception: %(name)s") % {"name": row["name"]}
        url = f"/accounts/{row['pk']}/exception"
        return format_html('<a class="btn btn-sm" href="{}" aria-label="{}">{}</a>', url, said, _t("Request it"))
    return format_html(
        '<button class="btn btn-sm" form="list-act" formaction="/accounts/{}/claim" aria-label="{}">{}</button>',
        row["pk"],
        _t("Take “%(name)s” from the pool") % {"name": row["name"]},
        _t("Take"),
    )


def _said_why(rows: Any, value: list[str], user: User) -> Any:
    here = queries.open_stays(user).filter(account=OuterRef("pk"))
    wanted = Q(Exists(here.filter(why__in=value)))
    return rows.filter(wanted | ~Q(Exists(here)) if WHY.STOCK in value else wanted)


def _was_theirs(rows: Any, value: list[int], user: User) -> Any:
    return rows.filter(Exists(queries.open_stays(user).filter(account=OuterRef("pk"), former_owner__in=value)))


def _note(user: User) -> str:
    """What one may take, and what becomes of it: the rules stand where they bite."""
    if not access.reach(user).holds_anywhere(Permission.REGISTRATION_CREATE):
        return ""
    room = queries.pool_room(user, at=timezone.now())
    left = ngettext(
        "You may take %(left)s more today (%(a_day)s a day).",
        "You may take %(left)s more today (%(a_day)s a day).",
        room.left,
    ) % {"left": room.left, "a_day": room.a_day}
    held = _t("You hold %(held)s of at most %(most)s without protection.") % {"held": room.held, "most": room.most}
    rules = _t(
        "Nothing done within %(unworked)s days: it goes back. "
        "Whoever lost one leaves it to others for %(reclaim)s days."
    ) % {"unworked": parameters.value(UNWORKED_DAYS), "reclaim": parameters.value(RECLAIM_DAYS)}
    return _t("%(left)s %(held)s %(rules)s") % {"left": left, "held": held, "rules": rules}


POOL = Listing(
    key="pool",
    title=_("Public pool"),
    model=Account,
    url="/registrations/pool",
    home="/accounts/{pk}",
    rows=lambda user: Account.objects.visible_to(user).in_pool(),
    columns=(
        Column("name", _("Account"), ("name", "short_name"), link("/accounts/{pk}", below="short_name"), sort="name"),
        Column("region", _("Region"), **code_columns("region")),
        Column("pooled_at", _("In the pool since"), plain=day_of("pooled_at"), sort="since"),
        Column(
            "why", _("Why it is there"), ("pooled_at",), _why, lambda row, _r: str(WHYS[row["why"]]), css="psm-wrap"
        ),
        Column(
            "former_owner",
            _("Whose it was"),
            ("pooled_at",),
            lambda row, _reader: row["former_owner"] or NOTHING,
            lambda row, _reader: row["former_owner"] or None,
        ),
        Column("take", _("Take"), ("pooled_at", "name", "uscc", "region", "industry"), _take, is_act=True),
        Column("kind", _("Kind"), **label_of("kind", lambda: KINDS), is_default=False),
        Column("industry", _("Industry"), **code_columns("industry"), is_default=False),
        Column(
            "reason",
            _("Reason"),
            ("pooled_at",),
            lambda row, _reader: row["reason"] or NOTHING,
            lambda row, _reader: row["reason"] or None,
            css="psm-wrap",
            is_default=False,
        ),
    ),
    sorts={"name": "sort_key", "since": "pooled_at"},
    default_sort="-since",
    filters=(
        search(_("Name, pinyin or credit code")),
        ChoiceFilter("why", _("Why it is there"), "pooled_at", _said_why, choices=choices_of(PoolStay.Why.choices)),
        PickedFilter("region", _("Region"), source="divisions", starts_with=True),
        PickedFilter("industry", _("Industry"), source="industries", starts_with=True),
        PickedFilter("former_owner", _("Whose it was"), "pooled_at", _was_theirs, source="people"),
        ChoiceFilter("kind", _("Kind"), choices=choices_of(AccountKind.choices)),
        DayFilter("pooled_at", _("In the pool since"), is_instant=True),
    ),
    prepare=_prepare,
    note=_note,
    ways=lambda _user: ways("pool"),
    empty={
        "icon": "building",
        "title": _("The public pool is empty"),
        "text": _(
            "Customers nobody moves come here when their protection ends, and those that are given back. "
            "Any seller may take one."
        ),
        "url": "/registrations",
        "action": _("Registrations"),
    },
)


@page()
def pool_list(request: UserRequest) -> HttpResponse:
    """Customers that belong to nobody, the latest first."""
    return show(request, POOL)
