"""The rules shipped: what each looks at and what it finds, set-wise."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from openpsm.accounts.models import Account, AccountVolume, LossRecord
from openpsm.accounts.volumes import Fall, fall_of, months_until
from openpsm.activities.models import Activity, PriceOffer
from openpsm.activities.rules import VISITS
from openpsm.core import parameters
from openpsm.core.text import fold
from openpsm.insights.alerts.people import Line
from openpsm.insights.alerts.rules import Found, Measure, Rule, declare
from openpsm.insights.alerts.sweeping import check_title
from openpsm.org.models import User
from openpsm.projects.models import ClosingReport, Project
from openpsm.registrations.models import Registration

State = Activity.State


def _number(key: str) -> int:
    return int(parameters.value(f"alerts.{key}"))


def _instant(day: date) -> datetime:
    """Midnight at the beginning of a day, here."""
    return timezone.make_aware(datetime.combine(day, datetime.min.time()), timezone.get_default_timezone())


# --- protection that ends


def _ending(on: date) -> QuerySet[Any]:
    last = on + timedelta(days=_number("protection_days"))
    live = Registration.objects.filter(status=Registration.Status.LIVE)
    return live.filter(protected_until__gte=on, protected_until__lte=last)


def _find_ending(ids: Collection[int], on: date) -> dict[int, Found]:
    """Each is found as it stands (1 query)."""
    rows = _ending(on).filter(pk__in=ids).select_related("owner")
    return {
        one.pk: Found(
            people=(one.owner_id,),
            measure={"until": one.protected_until.isoformat(), "days": _number("protection_days")},
            account_id=one.account_id,
            project_id=one.project_id,
            department_id=one.owner.department_id,
            seller_id=one.owner_id,
            name=one.name,
        )
        for one in rows
    }


# --- idle


def _busy(rows: Any, on: date, days: int) -> Any:
    """Done since, and not in the bin."""
    return rows.filter(state=State.DONE, deleted_at=None, done_on__gt=on - timedelta(days=days))


def _idle_projects(on: date) -> QuerySet[Any]:
    days = _number("idle_days")
    since = _instant(on - timedelta(days=days))
    lately = _busy(Activity.objects.filter(project=OuterRef("pk")), on, days)
    rows = Project.objects.live().running().filter(created_at__lt=since, stage_entered_at__lt=since)
    return rows.filter(~Exists(lately))


def _find_idle_projects(ids: Collection[int], on: date) -> dict[int, Found]:
    """2 queries."""
    last = _last_done("project", ids)
    rows = _idle_projects(on).filter(pk__in=ids)
    return {one.pk: _idle(one, project=one, last=last.get(one.pk), days=_number("idle_days")) for one in rows}


def _idle_accounts(on: date) -> QuerySet[Any]:
    days = _number("idle_account_days")
    since = _instant(on - timedelta(days=days))
    lately = _busy(Activity.objects.filter(account=OuterRef("pk")), on, days)
    rows = Account.objects.live().filter(owner__isnull=False, created_at__lt=since)
    return rows.filter(~Exists(lately))


def _find_idle_accounts(ids: Collection[int], on: date) -> dict[int, Found]:
    """2 queries."""
    last = _last_done("account", ids)
    rows = _idle_accounts(on).filter(pk__in=ids)
    return {one.pk: _idle(one, project=None, last=last.get(one.pk), days=_number("idle_account_days")) for one in rows}


def _last_done(name: str, ids: Collection[int]) -> dict[int, date]:
    done = Activity.objects.filter(**{f"{name}__in": ids}, state=State.DONE, deleted_at=None)
    return dict(done.values_list(f"{name}_id").annotate(last=Max("done_on")))


def _idle(one: Any, *, project: Project | None, last: date | None, days: int) -> Found:
    return Found(
        people=(one.owner_id,),
        measure={"last": last.isoformat() if last else None, "days": days},
        account_id=None if project else one.pk,
        project_id=project.pk if project else None,
        department_id=one.department_id,
        seller_id=one.owner_id,
        name=one.name,
    )


def _say_idle(measure: Measure) -> str:
    if measure["last"] is None:
        return _("Nothing has ever been done here; the limit is %(days)s days.") % measure
    return _("Nothing done since %(last)s; the limit is %(days)s days.") % measure


# --- silent customers


def _last_reported(on: date) -> date | None:
    """The last month before the present one for which there are figures at all (1 query)."""
    rows = AccountVolume.objects.filter(month__lt=on.replace(day=1))
    last: date | None = rows.aggregate(last=Max("month"))["last"]
    return last


def _silent_months(on: date) -> list[date]:
    """The months of the mean and, last, the one that is judged; empty without figures."""
    last = _last_reported(on)
    return months_until(last, _number("silent_months") + 1) if last else []


def _regular(on: date) -> QuerySet[Any]:
    """Owned customers with figures in the months of the mean, whose loss nobody has reported."""
    months = _silent_months(on)
    if not months:
        return Account.objects.none()
    took = AccountVolume.objects.filter(account=OuterRef("pk"), month__gte=months[0], month__lt=months[-1])
    reported = LossRecord.objects.reported().filter(account=OuterRef("pk"))
    closed = ClosingReport.objects.filter(
        project__account=OuterRef("pk"), reopened_at=None, at__gte=_instant(months[0])
    )
    rows = Account.objects.live().filter(owner__isnull=False)
    return rows.filter(Exists(took), ~Exists(reported), ~Exists(closed))


def _find_silent(ids: Collection[int], on: date) -> dict[int, Found]:
    """Judge by unit, the deepest fall counts (5 queries)."""
    months = _silent_months(on)
    accounts = {one.pk: one for one in _regular(on).filter(pk__in=ids)}
    falls = _falls(accounts, months) if months else {}
    line = Line({accounts[pk].owner_id for pk in falls})
    return {pk: _silent(accounts[pk], fall, line) for pk, fall in falls.items()}


def _falls(ids: Collection[int], months: list[date]) -> dict[int, Fall]:
    rows = AccountVolume.objects.filter(account__in=ids, month__gte=months[0], month__lte=months[-1])
    taken: dict[tuple[int, str], dict[date, Decimal]] = {}
    for pk, unit, month, quantity in rows.values_list("account_id", "unit", "month", "quantity"):
        by_month = taken.setdefault((pk, unit), {})
        by_month[month] = by_month.get(month, Decimal(0)) + quantity
    least = {"months": len(months) - 1, "percent": _number("silent_percent")}
    found: dict[int, Fall] = {}
    for (pk, unit), by_month in sorted(taken.items()):
        fall = fall_of(by_month, month=months[-1], unit=unit, **least)
        if fall and (pk not in found or fall.percent > found[pk].percent):
            found[pk] = fall
    return found


def _silent(account: Account, fall: Fall, line: Line) -> Found:
    manager = line.above(account.owner_id or 0)
    return Found(
        people=(manager,) if manager else (),
        measure={
            "month": f"{fall.month:%Y-%m}",
            "quantity": _plain(fall.quantity),
            "mean": _plain(fall.mean),
            "unit": fall.unit,
            "percent": fall.percent,
            "threshold": _number("silent_percent"),
        },
        account_id=account.pk,
        department_id=account.department_id,
        seller_id=account.owner_id,
        name=account.name,
    )


def _plain(number: Decimal) -> str:
    return format(number.normalize(), ",f")


def _say_silent(measure: Measure) -> str:
    text = _(
        "%(month)s: %(quantity)s %(unit)s against %(mean)s %(unit)s on average before, %(percent)s %% less "
        "(limit %(threshold)s %%), and no report of a loss."
    )
    return text % measure


# --- two sellers about to visit the same customer


def _visits(on: date) -> QuerySet[Any]:
    last = on + timedelta(days=_number("clash_days"))
    planned = Activity.objects.filter(state=State.PLANNED, deleted_at=None, kind__in=VISITS)
    return planned.filter(planned_on__gte=on, planned_on__lte=last)


def _clashing(on: date) -> QuerySet[Any]:
    twice = _visits(on).values("account").annotate(sellers=Count("owner", distinct=True)).filter(sellers__gt=1)
    return Account.objects.live().filter(pk__in=twice.values("account"))


def _find_clashes(ids: Collection[int], on: date) -> dict[int, Found]:
    """4 queries."""
    accounts = {one.pk: one for one in _clashing(on).filter(pk__in=ids)}
    visits: dict[int, list[tuple[int, date]]] = {}
    rows = _visits(on).filter(account__in=accounts).order_by("planned_on", "pk")
    for pk, owner, day in rows.values_list("account_id", "owner_id", "planned_on"):
        visits.setdefault(pk, []).append((owner, day))
    line = Line({owner for each in visits.values() for owner, _day in each})
    return {pk: _clash(account, visits[pk], line) for pk, account in accounts.items()}


def _clash(account: Account, visits: Iterable[tuple[int, date]], line: Line) -> Found:
    first: dict[int, date] = {}
    for owner, day in visits:
        first.setdefault(owner, day)
    manager = line.above_all(first)
    said = [{"who": line.names[owner], "on": day.isoformat()} for owner, day in first.items()]
    return Found(
        people=(*first, manager) if manager else tuple(first),
        measure={"visits": said, "days": _number("clash_days")},
        account_id=account.pk,
        department_id=line.common_department(first),
        name=account.name,
    )


def _say_clash(measure: Measure) -> str:
    each = [_("%(who)s on %(on)s") % one for one in measure["visits"]]
    return _("About to visit the same customer: %(visits)s.") % {"visits": _(", ").join(each)}


# --- a colleague's price undercut


def _offers(on: date) -> QuerySet[Any]:
    return PriceOffer.objects.filter(offered_on__gt=on - timedelta(days=_number("undercut_days")), offered_on__lte=on)


def _offered_twice(on: date) -> QuerySet[Any]:
    twice = _offers(on).values("account").annotate(sellers=Count("owner", distinct=True)).filter(sellers__gt=1)
    return Account.objects.live().filter(pk__in=twice.values("account"))


def _find_undercut(ids: Collection[int], on: date) -> dict[int, Found]:
    """Compare the last price of each seller for the same product, unit and currency (4 queries)."""
    accounts = {one.pk: one for one in _offered_twice(on).filter(pk__in=ids)}
    last: dict[int, dict[tuple[str, str, str], dict[int, Decimal]]] = {}
    for one in _offers(on).filter(account__in=accounts).order_by("offered_on", "pk"):
        of_kind = last.setdefault(one.account_id, {}).setdefault((fold(one.product), one.unit, one.currency), {})
        of_kind[one.owner_id] = one.unit_price
    found = {pk: cut for pk, kinds in last.items() if (cut := _deepest(kinds))}
    line = Line({one for cut in found.values() for one in cut[1:3]})
    return {pk: _undercut(accounts[pk], cut, line) for pk, cut in found.items()}


#: Percent, the cheaper seller, the dearer one, their prices, unit and currency.
_Cut = tuple[Decimal, int, int, Decimal, Decimal, str]


def _deepest(kinds: dict[tuple[str, str, str], dict[int, Decimal]]) -> _Cut | None:
    cuts: list[_Cut] = []
    for (_product, unit, currency), prices in kinds.items():
        low, high = min(prices, key=lambda one: prices[one]), max(prices, key=lambda one: prices[one])
        percent = ((prices[high] - prices[low]) * 100 / prices[high]).quantize(Decimal("0.1"))
        if low != high and percent > 0 and percent >= _number("undercut_percent"):
            cuts.append((percent, low, high, prices[low], prices[high], f"{currency}/{unit}"))
    return max(cuts, default=None)


def _undercut(account: Account, cut: _Cut, line: Line) -> Found:
    percent, low, high, price, other, unit = cut
    manager = line.above_all([low, high])
    names = {"who": line.names[low], "other": line.names[high]}
    prices = {"price": _plain(price), "other_price": _plain(other), "unit": unit, "percent": _plain(percent)}
    return Found(
        people=(manager,) if manager else (),
        measure=names | prices | {"threshold": _number("undercut_percent")},
        account_id=account.pk,
        department_id=line.common_department([low, high]),
        seller_id=low,
        name=account.name,
    )


def _say_undercut(measure: Measure) -> str:
    text = _(
        "%(who)s offered %(price)s %(unit)s, %(percent)s %% below the %(other_price)s of %(other)s "
        "(limit %(threshold)s %%)."
    )
    return text % measure


# --- deals that go to the same place again and again


def _losing(on: date) -> QuerySet[Any]:
    """Sellers with as many lost or dropped projects and lost customers as it takes, wherever these went."""
    reports, losses = gone(on)
    least = _number("elsewhere_times")
    some = reports.values_list("project__owner").union(losses.values_list("owner"), all=True)
    counts: dict[int, int] = {}
    for (owner,) in some:
        counts[owner] = counts.get(owner, 0) + 1
    sellers: QuerySet[Any] = User.objects.active()
    return sellers.filter(pk__in=[pk for pk, times in counts.items() if times >= least])


def gone(on: date) -> tuple[QuerySet[Any], QuerySet[Any]]:
    """Return the lost and dropped projects of which it is known where they went, and the lost customers, lately."""
    since = _instant(on - timedelta(days=int(_number("elsewhere_months") * 30.44)))
    reports = ClosingReport.objects.filter(at__gte=since, reopened_at=None, project__deleted_at=None)
    return reports.exclude(destination=""), LossRecord.objects.reported().filter(reported_at__gte=since)


def destinations(ids: Collection[int], on: date) -> dict[int, list[tuple[str, int]]]:
    """Return where the deals of each seller went, with how many, the most frequent first (2 queries)."""
    reports, losses = gone(on)
    rows = [*reports.filter(project__owner__in=ids).order_by("at").values_list("project__owner_id", "destination")]
    rows += losses.filter(owner__in=ids).order_by("reported_at").values_list("owner_id", "destination")
    names: dict[tuple[int, str], str] = {}
    counts: dict[tuple[int, str], int] = {}
    for owner, destination in rows:
        key = (owner, fold(destination))
        names.setdefault(key, destination)
        counts[key] = counts.get(key, 0) + 1
    found: dict[int, list[tuple[str, int]]] = {}
    for key in sorted(counts, key=lambda one: (-counts[one], names[one])):
        found.setdefault(key[0], []).append((names[key], counts[key]))
    return found


def _find_elsewhere(ids: Collection[int], on: date) -> dict[int, Found]:
    """5 queries."""
    least = _number("elsewhere_times")
    same = {pk: rows[0] for pk, rows in destinations(ids, on).items() if rows[0][1] >= least}
    line = Line(same)
    return {pk: _elsewhere(pk, *most, line) for pk, most in same.items()}


def _elsewhere(seller: int, destination: str, times: int, line: Line) -> Found:
    manager = line.above(seller)
    numbers = {"threshold": _number("elsewhere_times"), "months": _number("elsewhere_months")}
    return Found(
        people=(manager,) if manager else (),
        measure={"who": line.names[seller], "destination": destination, "times": times} | numbers,
        department_id=line.departments[seller],
        seller_id=seller,
        name=line.names[seller],
    )


def _say_elsewhere(measure: Measure) -> str:
    text = ngettext(
        "%(times)s deal of %(who)s went to %(destination)s within %(months)s months (limit %(threshold)s).",
        "%(times)s deals of %(who)s went to %(destination)s within %(months)s months (limit %(threshold)s).",
        measure["times"],
    )
    return text % measure


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    for rule in RULES:
        declare(rule)


PROTECTION = Rule(
    key="protection",
    label=gettext_lazy("Protection ends"),
    model=Registration,
    subjects=_ending,
    find=_find_ending,
    say=lambda measure: _("Protected until %(until)s only: real progress renews it.") % measure,
    is_on_today=False,
)
IDLE_PROJECT = Rule(
    key="idle-project",
    label=gettext_lazy("Idle project"),
    model=Project,
    subjects=_idle_projects,
    find=_find_idle_projects,
    say=_say_idle,
    is_on_today=False,
)
IDLE_ACCOUNT = Rule(
    key="idle-account",
    label=gettext_lazy("Idle customer"),
    model=Account,
    subjects=_idle_accounts,
    find=_find_idle_accounts,
    say=_say_idle,
)
SILENT = Rule(
    key="silent",
    label=gettext_lazy("Silent customer"),
    model=Account,
    subjects=_regular,
    find=_find_silent,
    say=_say_silent,
    is_for_managers=True,
    opens_task=True,
    task_title=check_title,
    is_on_today=False,  # its task is there
)
CLASH = Rule(
    key="clash",
    label=gettext_lazy("Visits clash"),
    model=Account,
    subjects=_clashing,
    find=_find_clashes,
    say=_say_clash,
    tells=True,
)
UNDERCUT = Rule(
    key="undercut",
    label=gettext_lazy("Colleague undercut"),
    model=Account,
    subjects=_offered_twice,
    find=_find_undercut,
    say=_say_undercut,
    is_for_managers=True,
    tells=True,
)
ELSEWHERE = Rule(
    key="elsewhere",
    label=gettext_lazy("Deals go to the same place"),
    model=User,
    subjects=_losing,
    find=_find_elsewhere,
    say=_say_elsewhere,
    is_for_managers=True,
)
RULES: tuple[Rule, ...] = (PROTECTION, IDLE_PROJECT, IDLE_ACCOUNT, SILENT, CLASH, UNDERCUT, ELSEWHERE)
