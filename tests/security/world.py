"""One seeded company on which everything is tried: people in every position, records in every relation to them.

Every record carries words of its own, so that an answer that holds one of them shows whose record leaked.
"""

import contextlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile

from openpsm.accounts.operations import add_account_name, delete_account, set_account_owner
from openpsm.activities.operations import Told, post_comment
from openpsm.catalog.operations import NewProduct, create_products
from openpsm.core import attachments, custom
from openpsm.core.models.jobs import Job
from openpsm.duplicates.models import DuplicatePair
from openpsm.exchange.models import ImportBatch
from openpsm.insights.models import Alert, AlertPerson
from openpsm.org.models import AccessToken, Department, Handover, HandoverItem, Notification, User
from openpsm.org.operations import deactivate_user, do_one, finish_bulk, make_token, save_view, start_bulk
from openpsm.process.models import ProcessVersion
from openpsm.projects.models import Project
from openpsm.projects.operations import GateBlocked, advance_stage, delete_project, drop, set_team, state_fact
from openpsm.registrations.matching import Claim, key_of
from openpsm.registrations.models import Registration, Territory
from openpsm.registrations.operations import request_arbitration
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.activities import log_activity, plan_activity
from tests.factories.approvals import ask
from tests.factories.buying import make_contender, make_criterion, make_intelligence, make_label, make_stakeholder
from tests.factories.evaluation import make_evaluation, qualify_project
from tests.factories.org import grant_role, make_department, make_role, make_task, make_user
from tests.factories.registrations import register_account, register_project

NOWHERE = 999_999_999
#: What each relation's records are called; no two look alike to the matching of names.
WORDS = {
    "own": "quokka",
    "subtree": "narwhal",
    "sibling": "axolotl",
    "team": "pangolin",
    "other": "ocelot",
    "deleted": "wombat",
    "dropped": "lemur",
    "pool": "tapir",
    "guest": "gecko",
}
RELATIONS = (*WORDS, "nonexistent")


@dataclass
class Bundle:
    """The ids of a project with all that hangs on it, by kind; `word` stands in every text of it."""

    relation: str
    word: str
    ids: dict[str, Any] = field(default_factory=dict)
    owner: str = "owner"

    def __getitem__(self, kind: str) -> int:
        return int(self.ids.get(kind, NOWHERE))


@dataclass
class World:
    """People by what they are, their tokens, and bundles by relation to the actor `owner`."""

    actors: dict[str, User] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    bundles: dict[str, Bundle] = field(default_factory=dict)
    departments: dict[str, Department] = field(default_factory=dict)
    forms: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)


#: What a stranger would like to know of every bundle: kind of secret → its value, made from the bundle's word.
def canaries(word: str) -> dict[str, str]:
    """Values of the confidential fields of one bundle, each different from all others."""
    return {
        "label-reason": f"{word}labelreason",
        "label-person": f"{word}insidername",
        "source_person": f"{word}sourceperson",
        "phone": f"010{_digits(word)}1",
        "mobile": f"139{_digits(word)}",
        "email": f"{word}mail@canary.example",
        "chat_name": f"{word}chat",
    }


def _digits(word: str) -> str:
    return "".join(str(ord(letter) % 10) for letter in word)[:5].ljust(5, "7") + str(len(word)) + "42"


def make_world() -> World:
    """Seed everything (about two seconds)."""
    world = World()
    _departments(world)
    _people(world)
    for relation, owner in OWNERS.items():
        world.bundles[relation] = _bundle(world, relation, owner)
    world.bundles["nonexistent"] = Bundle("nonexistent", "nonexistent")
    _relations(world)
    _tokens(world)
    _contest(world)
    return world


def wide(text: str) -> str:
    """The same name typed in full width: it means the same record, and says none of its words."""
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def _contest(world: World) -> None:
    """Somebody far away claims the owner's customer as well; nobody but executives stands above both."""
    claim, own = Claim(wide("quokkaacct works")), world.bundles["own"]
    call: dict[str, Any] = {"hit": key_of("account", own["account"]), "by": world.actors["stranger"], "at": AT}
    own.ids["arbitration"] = request_arbitration(account=claim, evidence="quokkaevidence", **call).pk


OWNERS = {
    "own": "owner",
    "subtree": "below_seller",
    "sibling": "sibling_seller",
    "team": "far_seller",
    "other": "far_seller",
    "deleted": "owner",
    "dropped": "far_seller",
    "pool": "far_seller",
    "guest": "far_seller",
}


def _departments(world: World) -> None:
    tree = world.departments
    tree["company"] = make_department("Company")
    tree["north"] = make_department("North", parent=tree["company"])
    tree["north-a"] = make_department("North A", parent=tree["north"])
    tree["north-a-1"] = make_department("North A 1", parent=tree["north-a"])
    tree["north-b"] = make_department("North B", parent=tree["north"])
    tree["south"] = make_department("South", parent=tree["company"])
    tree["west"] = make_department("West", parent=tree["company"])
    # a path that another begins with, digit by digit, must not open it
    tree["north-a-twin"] = make_department("North A twin", parent=tree["north"])


def _people(world: World) -> None:
    where, manager = world.departments, ("sales-manager",)
    make_role("looker", ["project.view_all", "account.view_all"])
    people: dict[str, dict[str, Any]] = {
        "owner": {"department": where["north-a"], "phone": "13700000001"},
        "assistant": {"department": where["west"]},
        "manager": {"roles": manager, "manages": where["north-a"]},
        "manager_above": {"roles": manager, "manages": where["north"]},
        "sibling_manager": {"roles": manager, "manages": where["north-b"]},
        "twin_manager": {"roles": manager, "manages": where["north-a-twin"]},
        "colleague": {"department": where["north-a"]},
        "stranger": {"department": where["west"]},
        "executive": {"roles": ("executive",), "department": where["company"]},
        "finance": {"roles": ("finance",), "department": where["company"]},
        "market": {"roles": ("market",), "department": where["company"]},
        "presales": {"roles": ("presales",), "department": where["west"]},
        "administrator": {"roles": ("administrator",), "department": where["company"]},
        "local_administrator": {"roles": (), "department": where["north-a"]},
        "local_looker": {"roles": (), "department": where["west"]},
        "guest_looker": {"roles": (), "department": where["west"]},
        "superuser": {"roles": (), "department": where["west"]},
        "deactivated": {"roles": ("executive", "sales-manager", "administrator"), "manages": where["north-a"]},
        "given_password": {"roles": ("executive",), "department": where["company"], "must_change_password": True},
        "former": {"department": where["west"]},
        "below_seller": {"department": where["north-a-1"]},
        "sibling_seller": {"department": where["north-b"]},
        "far_seller": {"department": where["south"]},
    }
    for name, given in people.items():
        world.actors[name] = make_user(f"{name}.user", name=f"{name} person", title="Post", **given)
    grant_role(world.actors["local_administrator"], "administrator", department=where["north-a"])
    grant_role(world.actors["local_looker"], "looker", department=where["north-a"])


def _bundle(world: World, relation: str, owner: str) -> Bundle:
    word, by = WORDS[relation], world.actors[owner]
    bundle = Bundle(relation, word, owner=owner)
    ids, secret = bundle.ids, canaries(word)
    if relation == "guest":
        ids["account"] = world.bundles["own"]["account"]
        ids["contact"] = world.bundles["own"]["contact"]
    else:
        _account(ids, word, secret, by)
    if relation == "pool":
        return bundle
    register_project(f"{word}proj works", account_id=ids["account"], by=_pusher(relation, world, by))
    project = Project.objects.get(name=f"{word}proj works")
    if relation == "guest":  # registered by the owner of the customer, then handed over
        _hand_over(project, by)
    ids["project"] = project.pk
    ids["registration"] = Registration.objects.get(project=project).pk
    _people_of(ids, project, word, secret)
    _parts(ids, project, word, secret)
    _work(ids, project, word, by)
    _end(ids, relation, project, by)
    return bundle


def _pusher(relation: str, world: World, by: User) -> User:
    return world.actors["owner"] if relation == "guest" else by


def _hand_over(project: Project, owner: User) -> None:
    from openpsm.projects.operations import change_owner

    change_owner(project_id=project.pk, owner_id=owner.pk, reason="Another region", by=project.owner, at=AT)
    project.refresh_from_db()
    Registration.objects.filter(project=project).update(owner=owner)


def _account(ids: dict[str, int], word: str, secret: dict[str, str], by: User) -> None:
    account = register_account(f"{word}acct works", by=by, note=f"{word}acct note").account
    assert account is not None
    ids["account"] = account.pk
    ids["account_registration"] = Registration.objects.get(account=account).pk
    ids["name"] = add_account_name(account_id=account.pk, name=f"{word}acct alias", kind="alias", by=by, at=AT).pk
    reach = {key: secret[key] for key in ("phone", "mobile", "email", "chat_name")}
    ids["contact"] = make_contact(f"{word}cont", account=account, by=by, **reach).pk
    twin = make_account(f"{word}acct twin", owner=by)
    ids["twin"] = twin.pk
    alike: dict[str, Any] = {"cls": "possible", "score": 95, "names_key": word}
    ids["pair"] = DuplicatePair.objects.create(one=account, other=twin, **alike).pk


def _people_of(ids: dict[str, int], project: Project, word: str, secret: dict[str, str]) -> None:
    ids["person"] = make_stakeholder(project, f"{word}part who", power_class=3, attitude=1).pk
    insider = make_stakeholder(project, f"{word}part other", power_class=3, attitude=1)
    ids["insider"] = insider.pk
    ids["label"] = make_label(insider, reason=secret["label-reason"]).pk


def _parts(ids: dict[str, int], project: Project, word: str, secret: dict[str, str]) -> None:
    inside: dict[str, Any] = {"source": "inside", "source_person": secret["source_person"], "text": f"{word}part text"}
    ids["item"] = make_intelligence(project, **inside).pk
    ids["contender"] = make_contender(project, f"{word}part rival").pk
    ids["criterion"] = make_criterion(project, f"{word}part criterion").pk
    ids["evaluation"] = make_evaluation(project).pk
    qualify_project(project, note=f"{word}part note")


def _work(ids: dict[str, int], project: Project, word: str, by: User) -> None:
    result: dict[str, Any] = {"result": f"{word}act result", "next_step": f"{word}part step"}
    ids["activity"] = log_activity(project, also=Told(stakeholder_ids=[ids["person"]]), **result).pk
    ids["planned"] = plan_activity(project, purpose=f"{word}act plan").pk
    on_account: dict[str, Any] = {"project_id": None, "account_id": ids["account"]}
    if word != WORDS["guest"]:
        ids["account_activity"] = log_activity(project, **on_account, **{**result, "next_step": "Call"}).pk
    said: dict[str, Any] = {"kind": "project", "subject_id": project.pk, "text": f"{word}part comment"}
    ids["comment"] = post_comment(**said, by=by, at=AT).comment.pk
    content = ContentFile(b"private words\n")
    ids["file"] = attachments.add_attachment(
        root=project, name=f"{word}part file.txt", content=content, by=by, at=AT
    ).pk
    ids["task"] = make_task(by, title=f"{word}task", detail=f"{word}task more", project_id=project.pk).pk
    told = {"kind": "task.opened", "subject_type": "org.task", "subject_id": ids["task"]}
    ids["alert"] = make_alert(project, by, word).pk
    about: dict[str, Any] = {"title": f"{word}appr title", "detail": f"{word}appr detail"}
    ids["approval"] = ask(by, [User.objects.get(username="manager.user")], about=project, **about).pk
    ids |= _handed_over(by, ids["task"])
    ids["notification"] = Notification.objects.create(user=by, data={"title": f"{word}task"}, at=AT, **told).pk
    ids |= {"view": save_view(listing="tasks", name=f"{word}task view", query="", by=by, at=AT).pk, "keeper": by.pk}
    ids["bulk"] = _bulk(by, ids["task"], word)
    word_given: dict[str, Any] = {"fact": "bid.submitted", "evidence": f"{word}part evidence of the bid"}
    ids["confirmation"] = state_fact(project_id=project.pk, by=by, at=AT, **word_given).pk


def _handed_over(by: User, task: int) -> dict[str, int]:
    """Somebody who left gave a task to the owner, who has not confirmed it yet."""
    giver = User.objects.get(username="former.user")
    times: dict[str, Any] = {"created_at": AT, "updated_at": AT}
    made = Handover.objects.create(giver=giver, reason="leaving", created_by=by, **times)
    about = {"kind": "org.task.owner", "subject_type": "org.task", "subject_id": task}
    return {"handover": made.pk, "handed": HandoverItem.objects.create(handover=made, receiver=by, **about).pk}


def make_alert(project: Project, by: User, word: str) -> Alert:
    """An alert that calls upon somebody about their project."""
    said = {"last": f"{word}part day", "days": 60}
    alert = Alert.objects.create(
        rule="idle-project",
        subject_type="projects.project",
        subject_id=project.pk,
        project=project,
        department=project.department,
        seller=by,
        measure=said,
        raised_at=AT,
        created_at=AT,
        updated_at=AT,
    )
    AlertPerson.objects.create(alert=alert, user=by)
    return alert


def _bulk(by: User, task: int, word: str) -> int:
    """A finished bulk edit of somebody: a task handed over."""
    bulk = start_bulk(listing="tasks", action="owner", values={"owner": f"{word}task"}, ids=[task], by=by, at=AT)
    do_one(bulk=bulk, record_id=task, act=lambda: {"owner": by.pk})
    return finish_bulk(bulk=bulk, at=AT).pk


def _end(ids: dict[str, int], relation: str, project: Project, by: User) -> None:
    if relation == "deleted":
        delete_project(project_id=project.pk, by=User.objects.get(username="manager.user"), at=AT)
    else:
        with contextlib.suppress(GateBlocked):
            advance_stage(project_id=project.pk, by=by, at=AT + timedelta(hours=1))
        review = project.reviews.values_list("pk", flat=True).first()
        if review:
            ids["review"] = review
    if relation == "dropped":
        texts: dict[str, Any] = {
            "reason": "bad_name",
            "reason_text": f"{project.name} reason",
            "destination": "Nobody knows",
        }
        drop(project_id=project.pk, by=by, at=AT, **texts)


def _relations(world: World) -> None:
    who, own, team = world.actors, world.bundles["own"], world.bundles["team"]
    set_team(project_id=own["project"], user_id=who["assistant"].pk, role="assistant", by=who["owner"], at=AT)
    set_team(project_id=own["project"], user_id=who["presales"].pk, role="presales", by=who["owner"], at=AT)
    set_team(project_id=team["project"], user_id=who["owner"].pk, role="member", by=who["far_seller"], at=AT)
    _leaver(world, own)
    grant_role(who["guest_looker"], "looker", project_id=own["project"])
    pool = world.bundles["pool"]
    set_account_owner(account_id=pool["account"], owner_id=None, by=who["far_seller"], at=AT)
    _bin_account(world)
    User.objects.filter(pk=who["superuser"].pk).update(**_superuser())


def _superuser() -> dict[str, bool]:
    names = {field.name for field in User._meta.fields}
    return {name: True for name in ("is_superuser", "is_staff") if name in names} or {"is_active": True}


def _leaver(world: World, own: Bundle) -> None:
    """Somebody who was on the team, logged and planned something there, and left."""
    who, project = world.actors, Project.objects.get(pk=own["project"])
    call: dict[str, Any] = {"project_id": own["project"], "user_id": who["former"].pk, "by": who["owner"], "at": AT}
    set_team(role="member", **call)
    own.ids["left_activity"] = log_activity(project, by=who["former"], result="leftact result", next_step="Go").pk
    own.ids["left_planned"] = plan_activity(project, by=who["former"], purpose="leftact plan").pk
    set_team(role=None, **call)


def _bin_account(world: World) -> None:
    """The deleted project's customer goes to the bin too, where it may."""
    delete_account(account_id=world.bundles["deleted"]["account"], by=world.actors["manager"], at=AT)


def _tokens(world: World) -> None:
    from django.utils import timezone

    now = timezone.now()
    for name, user in world.actors.items():
        world.tokens[name] = make_token(name="matrix", by=user, at=now)[1]
    made, world.tokens["reader"] = make_token(name="reader", by=world.actors["owner"], at=now, is_read_only=True)
    for name, user in world.actors.items():
        own = AccessToken.objects.filter(user=user).order_by("pk").first()
        for bundle in world.bundles.values():
            if bundle.owner == name and own and bundle.relation != "nonexistent":
                bundle.ids |= {"token": own.pk, "token_owner": user.pk}
    assert made.is_read_only
    _common(world, now)
    gone = world.actors["deactivated"]
    deactivate_user(user_id=gone.pk, version=gone.version, by=world.actors["administrator"], at=now)


def _batches(world: World, now: datetime) -> None:
    """A file that each owner brought: it holds what others must not read, and only who brought it sees it."""
    for bundle in world.bundles.values():
        if bundle.relation == "nonexistent":
            continue
        by = world.actors[bundle.owner]
        batch = ImportBatch.objects.create(
            kind="accounts", state="checked", file_name=f"{bundle.word}acct.csv", sha256="", by=by, created_at=now
        )
        batch.rows.create(number=2, cells=[f"{bundle.word}acct works"], values={"name": f"{bundle.word}acct works"})
        bundle.ids |= {"batch": batch.pk, "batch_owner": by.pk}


def _territory(world: World, by: User, now: datetime) -> Territory:
    """One drawn far from all customers of this world, where an executive works alone."""
    made: Territory = Territory.objects.create(
        name="South", regions=["46"], created_by=by, created_at=now, updated_at=now
    )
    made.people.add(world.actors["executive"])
    return made


def _common(world: World, now: datetime) -> None:
    """Records that belong to nobody."""
    _batches(world, now)
    by = world.actors["market"]
    rows = [NewProduct(code="L46", name="Gear oil", unit="t")]
    shade: dict[str, Any] = {"key": "shade", "label_en": "Shade", "label_zh": "色", "kind": "text", "position": 1}
    kept = {
        "product": create_products(rows=rows, by=by, at=now)[0].pk,
        "role": make_role("spare", ["project.edit"]).pk,
        "custom_field": custom.define_field(model=Project, by=by, at=now, **shade).pk,
        "territory": _territory(world, by, now).pk,
        "process": ProcessVersion.objects.values_list("pk", flat=True)[0],
    }
    job = Job.objects.create(task="openpsm.nothing", state=Job.State.PARKED, enqueued_at=now, run_after=now)
    for bundle in world.bundles.values():
        if bundle.relation != "nonexistent":
            bundle.ids |= {**kept, "job": job.pk}
