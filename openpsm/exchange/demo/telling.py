"""What can happen in a story: one function for each section of rows, which calls the operation that does it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from openpsm.accounts.operations import (
    NewAccount,
    NewContact,
    add_account_member,
    create_contacts,
)
from openpsm.activities import operations as activities
from openpsm.activities.operations import Told
from openpsm.buying import operations as buying
from openpsm.buying.operations import NewIntelligence
from openpsm.exchange.demo.stories import Moment
from openpsm.exchange.demo.world import BRAND
from openpsm.org import operations as org
from openpsm.org.permissions import Permission
from openpsm.projects import operations as projects
from openpsm.projects.models import Project
from openpsm.projects.operations import NewProject
from openpsm.projects.operations.records import locked
from openpsm.registrations.models import Registration
from openpsm.registrations.operations import Collision, register, release_account

#: Telephone numbers begin like none that a network gives out.
NO_NUMBER = 12000000000
SIGNS = {"insider": "shares_information", "sponsor": "acts_for_us", "coach": "guides_us"}

GENERAL_MANAGER = "zhouqm"


def account(moment: Moment) -> None:
    """Register an account with its contacts; `story` is the account of the data file."""
    row, world = moment.story.content, moment.world
    new = NewAccount(
        name=moment.say(row["name"]),
        short_name=moment.say(row.get("short", "")),
        kind=row["kind"],
        region=str(row.get("region", "")),
        industry=str(row.get("industry", "")),
        address=moment.say(row.get("address", "")),
        domain=f"{row['key']}.example",
        parent_id=world.accounts.get(row.get("parent", "")),
        note=moment.say(row.get("note", "")),
    )
    made = _registered(moment, account=new)
    world.accounts[row["key"]] = made.account_id or 0
    for username in row.get("team", ()):
        user_id = moment.user(username).pk
        add_account_member(account_id=world.accounts[row["key"]], user_id=user_id, by=moment.by, at=moment.at)
    _contacts(moment, row)


def _registered(moment: Moment, **claim: Any) -> Registration:
    """Register, and say of whatever is only similar that it is another one, as a seller who has looked would."""
    try:
        return register(**claim, by=moment.by, at=moment.at)
    except Collision as similar:
        if similar.code != "confirm-different":
            raise
        keys = [hit.key for hit in similar.hits]
    return register(**claim, confirmed_different=keys, by=moment.by, at=moment.at)


def _contacts(moment: Moment, row: Mapping[str, Any]) -> None:
    known = len(moment.world.contacts)
    rows = [
        NewContact(
            account_id=moment.world.accounts[row["key"]],
            name=moment.say(name),
            title=moment.say(title),
            unit=moment.say(unit),
            mobile=str(NO_NUMBER + 137 * (known + number)),
            email=f"{key}@{row['key']}.example",
        )
        for number, (key, name, title, unit) in enumerate(row.get("contacts", ()), 1)
    ]
    made = create_contacts(rows=rows, by=moment.by, at=moment.at) if rows else []
    moment.world.contacts |= {key: one for (key, *_rest), one in zip(row.get("contacts", ()), made, strict=True)}


def call(
    moment: Moment, kind: str, met: Sequence[str], purpose: str, result: str, next_step: str, in_days: int
) -> None:
    """Log an activity at the account of the story."""
    activities.log_activity(
        account_id=moment.world.accounts[moment.story.content["key"]],
        kind=kind,
        done_on=moment.on,
        purpose=moment.say(purpose),
        result=moment.say(result),
        next_step=moment.say(next_step),
        next_on=moment.world.words.after(moment.on, in_days),
        also=Told(contact_ids=[moment.world.contacts[key].pk for key in met]),
        by=moment.by,
        at=moment.at,
    )


def to_pool(moment: Moment, reason: str) -> None:
    """Give the account of the story back to the public pool."""
    account_id = moment.world.accounts[moment.story.content["key"]]
    release_account(account_id=account_id, reason=moment.say(reason), by=moment.by, at=moment.at)


def start(moment: Moment) -> None:
    """Register the project of the story."""
    row, world = moment.story.content, moment.world
    possibility, reason = row.get("chance", (None, ""))
    new = NewProject(
        name=moment.say(row["name"]),
        account_id=world.accounts[row["account"]],
        amount=Decimal(row["amount"]),
        product_line=moment.say(row.get("line", "")),
        site=moment.say(row.get("site", "")),
        region=str(row.get("region", "")),
        tender_on=_day(moment, row.get("tender")),
        tender_source=moment.say(row.get("tender_source", "")),
        order_on=_day(moment, row.get("order")),
        purchasing_form=row.get("form", ""),
        possibility=possibility,
        possibility_reason=moment.say(reason),
        is_non_standard=row.get("is_non_standard", False),
        products=[(world.products[code], Decimal(number)) for code, number in row.get("products", {}).items()],
        custom={BRAND: row["brand"]} if "brand" in row else {},
        news_on=_day(moment, row["news"][0]),
        news_source=moment.say(row["news"][1]),
        note=moment.say(row.get("note", "")),
    )
    made = _registered(moment, account_id=new.account_id, project=new)
    moment.story.project_id = made.project_id or 0
    for key, role in row.get("parties", {}).items():
        party(moment, world.accounts[key], role)


def party(moment: Moment, account_id: int, role: str) -> None:
    """Give a company its part; by the general manager, since the seller need not see a colleague's customer."""
    by = moment.user(GENERAL_MANAGER)
    projects.set_party(project_id=moment.project_id, account_id=account_id, role=role, by=by, at=moment.at)


def _day(moment: Moment, days: int | None) -> Any:
    return None if days is None else moment.world.words.day(days)


def team(moment: Moment, username: str, role: str) -> None:
    """Put a colleague on the team."""
    user_id = moment.user(username).pk
    projects.set_team(project_id=moment.project_id, user_id=user_id, role=role, by=moment.by, at=moment.at)


def person(moment: Moment, key: str, values: Mapping[str, Any]) -> None:
    """Add a stakeholder: a contact by key, or a post whose holder nobody knows with `name` among the values."""
    given = dict(values)
    attitude, reason = given.pop("attitude", (None, ""))
    above, contact = given.pop("above", None), moment.world.contacts.get(key)
    cover = given.pop("cover", None)
    for name in ("name", "title", "note"):
        if name in given:
            given[name] = moment.say(given[name])
    made = buying.add_stakeholder(
        project_id=moment.project_id,
        contact_id=contact.pk if contact else None,
        reports_to_id=moment.person(above) if above else None,
        cover_id=moment.user(cover).pk if cover else None,
        attitude=attitude,
        attitude_reason=moment.say(reason),
        by=moment.by,
        at=moment.at,
        **given,
    )
    moment.story.people[key] = made.pk


def attitude(moment: Moment, key: str, value: int, reason: str) -> None:
    """State how somebody stands towards us."""
    said = moment.say(reason)
    buying.set_attitude(stakeholder_id=moment.person(key), value=value, reason=said, by=moment.by, at=moment.at)


def label(moment: Moment, key: str, kind: str, reason: str) -> None:
    """Call somebody insider, sponsor or coach."""
    signs = {SIGNS[kind]: True}
    buying.label_supporter(
        stakeholder_id=moment.person(key), kind=kind, reason=moment.say(reason), by=moment.by, at=moment.at, **signs
    )


def elements(moment: Moment, source: str, who: str, items: Mapping[str, str]) -> None:
    """Note several pieces of information from one source, by kind; those that begin with "~" are partly known."""
    notes = [
        NewIntelligence(
            kind=kind,
            state="partly" if text.startswith("~") else "known",
            text=moment.say(text).removeprefix("~"),
            source=source,
            source_person=moment.say(who),
        )
        for kind, text in items.items()
    ]
    project = locked(moment.project_id, by=moment.by, permission=Permission.PROJECT_EDIT)
    buying.write_intelligence(project, notes, by=moment.by, at=moment.at)
    projects.refresh_locked(projects=[project], at=moment.at, by=moment.by)


def ask(moment: Moment, kind: str, by_day: int) -> None:
    """Admit that nobody knows, and say by when the seller will ask."""
    day = moment.world.words.day(by_day)
    buying.add_intelligence(
        project_id=moment.project_id, kind=kind, state="unknown", ask_by=day, by=moment.by, at=moment.at
    )


def rival(moment: Moment, name: str, values: Mapping[str, Any]) -> None:
    """Put a rival into the race."""
    given = {key: moment.say(value) if isinstance(value, str) else value for key, value in values.items()}
    known: Any = {"is_registered_earlier": given.pop("earlier", False), **given}
    buying.add_contender(
        project_id=moment.project_id, competitor_name=moment.say(name), by=moment.by, at=moment.at, **known
    )


def criterion(moment: Moment, text: str, weight: int, fit: int, origin: str, signs: Sequence[str] = ()) -> None:
    """Note what the customer will judge by; `signs` are among shaped_by_us, knock_out, adopted."""
    flags: Any = {f"is_{sign}": True for sign in signs}
    buying.add_criterion(
        project_id=moment.project_id,
        text=moment.say(text),
        weight=weight,
        our_fit=fit,
        origin=origin,
        by=moment.by,
        at=moment.at,
        **flags,
    )


def visit(
    moment: Moment,
    kind: str,
    met: Sequence[str],
    purpose: str,
    result: str,
    next_step: str,
    in_days: int,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Log an activity; `more` may hold hours, cost, place, `by` and `with` (user names), `confirmed` (by whom)."""
    given = dict(more or {})
    confirmed = given.pop("confirmed", None)
    by = moment.user(given.pop("by", moment.story.content["owner"]))
    with_us = [moment.user(name).pk for name in given.pop("with", ())]
    numbers = {name: Decimal(str(given[name])) for name in ("hours", "cost") if name in given}
    logged = activities.log_activity(
        project_id=moment.project_id,
        kind=kind,
        done_on=moment.on,
        purpose=moment.say(purpose),
        result=moment.say(result),
        next_step=moment.say(next_step),
        next_on=moment.world.words.after(moment.on, in_days),
        place=moment.say(given.get("place", "")),
        also=Told(stakeholder_ids=[moment.person(key) for key in met], colleague_ids=with_us),
        by=by,
        at=moment.at,
        **numbers,  # type: ignore[arg-type]  # hours and cost
    )
    if confirmed:
        activities.confirm_activity(activity_id=logged.pk, by=moment.user(confirmed), at=moment.at)


def plan(moment: Moment, days: int, kind: str, met: Sequence[str], purpose: str, wanted: str = "") -> None:
    """Plan an activity for a day."""
    activities.plan_activity(
        project_id=moment.project_id,
        kind=kind,
        planned_on=moment.world.words.day(days),
        purpose=moment.say(purpose),
        wanted_result=moment.say(wanted),
        also=Told(stakeholder_ids=[moment.person(key) for key in met]),
        by=moment.by,
        at=moment.at,
    )


def task(moment: Moment, owner: str, title: str, due: int, result: str = "") -> None:
    """Let the manager give somebody a task; with a result it is done within the hour of its day."""
    made = org.open_task(
        owner_id=moment.user(owner).pk,
        title=moment.say(title),
        due_on=moment.world.words.day(due),
        project=Project.objects.get(pk=moment.project_id),
        by=moment.manager,
        at=moment.at,
    )
    if result:
        org.complete_task(task_id=made.pk, version=None, result=moment.say(result), by=moment.user(owner), at=moment.at)
