"""The rows of the access matrix: for every page what it is about, who may open it and who may write there.

This is the second bookkeeping beside the declarations in the code; a page that is not written down here fails the
matrix, and so does one whose declaration says something else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from openpsm.org.models import RoleGrant, User
from tests.security.scope import Scope
from tests.security.world import NOWHERE, Bundle, World, wide

Sees = Callable[[Scope, int | None, Bundle], bool]


def _project(scope: Scope, user: int | None, bundle: Bundle) -> bool:
    return scope.project(user, bundle["project"])


def _child(kind: str) -> Sees:
    return lambda scope, user, bundle: bundle[kind] != NOWHERE and _project(scope, user, bundle)


def _account(scope: Scope, user: int | None, bundle: Bundle) -> bool:
    return scope.account(user, bundle["account"])


def _binned(scope: Scope, user: int | None, bundle: Bundle) -> bool:
    """In the recycle bin, and in reach if it were not."""
    row = scope.projects.get(bundle["project"])
    return row is not None and row["deleted_at"] is not None and scope.in_reach(user, bundle["project"])


def _label(scope: Scope, user: int | None, bundle: Bundle) -> bool:
    known = scope.labels.get(bundle["label"])
    return known is not None and _project(scope, user, bundle) and scope.line_of_command(user, known["author_id"])


def _colleague(scope: Scope, user: int | None, bundle: Bundle) -> bool:
    return scope.active(user) and bundle.relation != "nonexistent"


def _pair(scope: Scope, user: int | None, bundle: Bundle) -> bool:
    """Two accounts, both of them seen, by somebody who may merge."""
    may = user is not None and scope.anywhere(user, "account.merge")
    return may and "pair" in bundle.ids and all(scope.account(user, bundle[kind]) for kind in ("account", "twin"))


def _token(scope: Scope, user: int | None, bundle: Bundle) -> bool:
    """One's own, and as an administrator of users everybody's."""
    if user is None or not scope.active(user) or "token" not in bundle.ids:
        return False
    return bundle["token_owner"] == user or scope.holds(user, "user.admin")


def _mine(scope: Scope, user: int | None, bundle: Bundle) -> bool:
    owner = scope.tasks.get(bundle["task"])
    return owner is not None and scope.active(user) and owner["owner_id"] == user


def _own_comment(scope: Scope, user: int | None, bundle: Bundle) -> bool:
    """One's own words are there for changing to whoever wrote them alone."""
    return _child("comment")(scope, user, bundle) and bundle["keeper"] == user


def _kept(scope: Scope, user: int | None, bundle: Bundle, kind: str) -> bool:
    """A view that is not shared, a bulk edit: of whoever made it."""
    return kind in bundle.ids and scope.active(user) and bundle["keeper"] == user


#: What an address names → its parts, and who sees that.
SEES: dict[str, Sees] = {
    "none": lambda scope, user, _bundle: scope.active(user),
    "project": _project,
    "file": _child("file"),
    "person": _child("person"),
    "item": _child("item"),
    "contender": _child("contender"),
    "criterion": _child("criterion"),
    "evaluation": _child("evaluation"),
    "comment": _child("comment"),
    "own_comment": _own_comment,
    "binned": _binned,
    "insider": _child("insider"),
    "label": _label,
    "account": _account,
    "pair": _pair,
    "twin": lambda scope, user, bundle: scope.account(user, bundle["twin"]),
    "account_name": _account,
    "account_member": _account,
    "contact": lambda scope, user, bundle: bundle["contact"] != NOWHERE and _account(scope, user, bundle),
    "activity": lambda scope, user, bundle: scope.activity(user, bundle["activity"]),
    "planned": lambda scope, user, bundle: scope.activity(user, bundle["planned"]),
    "registration": lambda scope, user, bundle: scope.registration(user, bundle["registration"]),
    "alert": lambda scope, user, bundle: scope.alert(user, bundle["alert"]),
    "task": lambda scope, user, bundle: scope.task(user, bundle["task"]),
    "approval": lambda scope, user, bundle: scope.approval(user, bundle["approval"]),
    "handover": lambda scope, user, bundle: scope.handover(user, bundle["handover"]),
    "arbitration": lambda scope, user, bundle: scope.arbitration(user, bundle["arbitration"]),
    "notification": _mine,
    "view": lambda scope, user, bundle: _kept(scope, user, bundle, "view"),
    "bulk": lambda scope, user, bundle: _kept(scope, user, bundle, "bulk"),
    "export": lambda *_given: False,
    "user": _colleague,
    "department": _colleague,
    "grant": _colleague,
    "token": _token,
    "batch": lambda scope, user, bundle: "batch" in bundle.ids and scope.active(user) and bundle["batch_owner"] == user,
}


def parts(kind: str, bundle: Bundle, world: World) -> dict[str, Any]:
    """Return the keyword arguments of the address of a page about this kind of record."""
    pk, known = bundle["project"], bundle.relation != "nonexistent"
    owner = world.actors[bundle.owner]
    table: dict[str, dict[str, Any]] = {
        "none": {},
        "project": {"pk": pk},
        "person": {"pk": pk, "person_id": bundle["person"]},
        "own_comment": {"pk": bundle["comment"]},
        "insider": {"pk": pk, "person_id": bundle["insider"]},
        "binned": {"pk": pk},
        "label": {"pk": pk, "label_id": bundle["label"]},
        "item": {"pk": pk, "item_id": bundle["item"]},
        "contender": {"pk": pk, "contender_id": bundle["contender"]},
        "criterion": {"pk": pk, "criterion_id": bundle["criterion"]},
        "evaluation": {"pk": pk, "evaluation_id": bundle["evaluation"]},
        "account_name": {"pk": bundle["account"], "name_pk": bundle["name"]},
        "account_member": {"pk": bundle["account"], "user_pk": world.actors["former"].pk},
        "user": {"pk": owner.pk if known else NOWHERE},
        "department": {"pk": owner.department_id if known else NOWHERE},
        "grant": {"pk": owner.pk if known else NOWHERE, "grant_id": _grant(owner)},
        "export": {"pk": bundle.ids.get("job", UUID(int=0))},
        "job": {"pk": bundle.ids.get("job", UUID(int=0))},
    }
    return table.get(kind, {"pk": bundle[kind]})


def _grant(user: User) -> int:
    return RoleGrant.objects.filter(user=user).values_list("pk", flat=True).first() or NOWHERE


# --- who may write


def may(row: "Row", scope: Scope, user: int | None, bundle: Bundle, world: World) -> bool:
    """Whether the person may do on the record what the page is for."""
    rule, _colon, permission = row.may.partition(":")
    if user is None or not scope.active(user):
        return rule == "open"
    if rule == "project":
        return bundle["project"] in scope.projects and scope.may_on_project(user, permission, bundle["project"])
    if rule == "account":
        return scope.may_on_account(user, permission, bundle["account"])
    if rule in RULES:
        return RULES[rule](scope, user, bundle, permission, world)
    assert rule == "seen", row
    return True


Rule = Callable[[Scope, int, Bundle, str, World], bool]


def _contact(scope: Scope, user: int, bundle: Bundle, permission: str, _world: World) -> bool:
    near = scope.anywhere(user, permission) and any(
        (user, project) in scope.members
        for project, account in scope.parties
        if account == bundle["account"] and scope.projects[project]["deleted_at"] is None
    )
    return near or scope.may_on_account(user, permission, bundle["account"])


def _restores(scope: Scope, user: int, bundle: Bundle, _permission: str, _world: World) -> bool:
    """The owner, or who may delete projects there."""
    row = scope.projects.get(bundle["project"])
    if row is None:
        return False
    return row["owner_id"] == user or scope.may_on_project(user, "project.delete", bundle["project"])


def _author(scope: Scope, user: int, bundle: Bundle, permission: str, _world: World) -> bool:
    row = scope.activities.get(bundle["activity"])
    if row is None:
        return False
    near = row["owner_id"] == user or scope.manages(user, row["department_id"])
    return near and _on_either(scope, user, bundle, permission)


def _witness(scope: Scope, user: int, bundle: Bundle, permission: str, _world: World) -> bool:
    row = scope.activities.get(bundle["activity"])
    return row is not None and row["owner_id"] != user and _on_either(scope, user, bundle, permission)


def _on_either(scope: Scope, user: int, bundle: Bundle, permission: str) -> bool:
    return bundle["project"] in scope.projects and scope.may_on_project(user, permission, bundle["project"])


def _files(scope: Scope, user: int, bundle: Bundle, _permission: str, _world: World) -> bool:
    return any(_on_either(scope, user, bundle, each) for each in ("project.edit", "activity.edit"))


def _over_user(scope: Scope, user: int, bundle: Bundle, permission: str, world: World) -> bool:
    return scope.holds(user, permission, world.actors[bundle.owner].department_id)


def _above(scope: Scope, user: int, bundle: Bundle, permission: str, _world: World) -> bool:
    """Not the owner, but a manager of the department or above, or with a reach over all."""
    row = scope.projects.get(bundle["project"])
    if row is None or row["owner_id"] == user:
        return False
    place = row["department_id"]
    near = scope.manages(user, place) or scope.holds(user, "project.view_all", place)
    return near and all(_on_either(scope, user, bundle, each) for each in (permission, "project.advance"))


def _account_above(scope: Scope, user: int, bundle: Bundle, permission: str, _world: World) -> bool:
    """A manager of the account's department or above, or with a reach over all accounts; not its owner."""
    row = scope.accounts.get(bundle["account"])
    if row is None or row["owner_id"] in (None, user):
        return False
    near = scope.manages(user, row["department_id"]) or scope.holds(user, "account.view_all", row["department_id"])
    return near and scope.may_on_account(user, permission, bundle["account"])


def _everywhere(scope: Scope, user: int, _bundle: Bundle, permission: str, _world: World) -> bool:
    return scope.holds(user, permission)


def _merges(scope: Scope, user: int, bundle: Bundle, permission: str, world: World) -> bool:
    """Above both accounts, or above the one and the other lies in the pool."""
    if not all(scope.account(user, bundle[kind]) for kind in ("account", "twin")):
        return False
    return scope.may_on_account(user, permission, bundle["twin"]) and (
        bundle.relation == "pool" or scope.may_on_account(user, permission, bundle["account"])
    )


def _links(scope: Scope, user: int, bundle: Bundle, permission: str, world: World) -> bool:
    """Who may merge both and change the one that gets a parent."""
    may_change = scope.may_on_account(user, "account.edit", bundle["twin"])
    return may_change and _merges(scope, user, bundle, permission, world)


RULES: dict[str, Rule] = {
    "merges": _merges,
    "links": _links,
    "contact": _contact,
    "author": _author,
    "witness": _witness,
    "files": _files,
    "over": _over_user,
    "everywhere": _everywhere,
    "above": _above,
    "account_above": _account_above,
    "held": lambda scope, user, _bundle, permission, _world: scope.anywhere(user, permission),
    "open": lambda *_given: True,
    "restores": _restores,
    "arbitrates": lambda scope, user, bundle, _permission, _world: scope.arbitrates(user, bundle["arbitration"]),
    "claims": lambda scope, user, bundle, _permission, _world: (
        user in (scope.arbitrations[bundle["arbitration"]][side] for side in ("asker_id", "holder_id"))
        if bundle["arbitration"] in scope.arbitrations
        else False
    ),
    "reviews": lambda scope, user, bundle, _permission, _world: scope.reviews(user, bundle["approval"]),
    "receives": lambda scope, user, bundle, _permission, _world: scope.receives(user, bundle["handover"]),
    "hands": lambda scope, user, bundle, _permission, world: scope.hands_over_for(user, world.actors[bundle.owner].pk),
    "wrote": lambda scope, user, bundle, _permission, world: world.actors[bundle.owner].pk == user,
    "reaches": lambda scope, user, bundle, _permission, _world: scope.reaches_contacts(user, bundle["account"]),
    "nobody": lambda *_given: False,
}


@dataclass(frozen=True)
class Row:
    """One page: `kind` of record in its address, the right that opens it, the rule of who may write there.

    `given` is what is posted beside what the form itself holds; `prove` names who posts it with success, and on whose
    records: without that proof a refusal would prove nothing. `also` is a right that the page asks for itself, for what
    its address names.
    """

    kind: str = "none"
    needs: str = ""
    may: str = ""
    is_open: bool = False
    given: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    prove: tuple[str, str] = ("owner", "own")
    is_button: bool = False
    also: str = ""

    @property
    def methods(self) -> set[str]:
        """What the page answers at all."""
        if self.is_button:
            return {"POST"}
        return {"GET", "HEAD", "POST"} if self.may else {"GET", "HEAD"}


def read(kind: str = "none", needs: str = "", /, **more: Any) -> Row:
    """A page that is only read."""
    return Row(kind, needs, more=more)


Prove = tuple[str, str]
OWNER: Prove = ("owner", "own")


def write(kind: str, needs: str, may: str = "", prove: Prove = OWNER, /, **given: Any) -> Row:
    """A page with a form; `_more` are further parts of its address, "?" a part of its query."""
    rule = may or f"{'account' if kind.startswith('account') else 'project'}:{needs}"
    more, prove = given.pop("_more", {}), given.pop("prove", prove)
    return Row(kind, needs, rule, given=given, prove=prove, more=more)


def button(kind: str, needs: str, may: str = "", prove: Prove = OWNER, /, **given: Any) -> Row:
    """An address that is only posted to."""
    made = write(kind, needs, may, prove, **given)
    return Row(kind, needs, made.may, given=made.given, prove=made.prove, more=made.more, is_button=True)


EDIT, CLOSE, ADVANCE = "project.edit", "project.close", "project.advance"
BOSS, ADMIN, LOOK = ("executive", "own"), ("administrator", "own"), ("market", "own")
SETTINGS = "everywhere:settings.admin"
MERGE = "account.merge"

WEB: dict[str, Row] = {
    # signing in
    "start": read(),
    "login": Row(is_open=True, may="nobody"),
    "setup": Row(is_open=True, may="nobody"),
    "logout": Row(is_open=True, may="open", is_button=True),
    "language": Row(is_open=True, may="open", is_button=True, given={"language": "zh-hans"}),
    "theme": Row(may="seen", is_button=True, given={"theme": "dark"}),
    "password": Row(may="nobody"),
    "password-reset": Row(is_open=True, may="nobody"),
    "password-reset-link": Row(is_open=True, may="nobody", more={"uid": "x", "token": "y"}),
    # own things
    "profile": Row(may="seen", given={"phone": "13712345678"}),
    "session-end": button("none", "", "nobody", _more={"session": "abc"}),
    "session-end-others": button("none", "", "seen"),
    "token-new": write("none", "", "seen", name="Word", days="30"),
    "my-data": button("none", "", "seen"),
    "token-revoke": button("token", "", "seen"),
    # day
    "today": read(),
    "team": read(),
    "today-snooze": button("none", "", "seen", until="", _more={"kind": "stalled", "pk": 1}),
    "search": read(),
    "more": read(),
    "keys": read(),
    "alert-list": read(),
    "alert-watch": read(),
    "alert-detail": read("alert"),
    "alert-task": button("alert", "", "seen", version="?"),
    "alert-snooze": button("alert", "", "seen", version="?", until="2026-12-01"),
    "alert-answer": button("alert", "", "seen", version="?", text="They build next year"),
    "alert-close": button("alert", "", "seen", version="?", reason="They build next year"),
    "lost-list": read(),
    "lost-destinations": read("none", "registration.arbitrate"),
    "lost-customers": read(),
    "task-list": read(),
    "task-new": write("none", "", "seen", title="Look there"),
    "task-detail": read("task"),
    "task-complete": button("task", "", "seen", version="?"),
    "task-drop": button("task", "", "seen", version="?", reason="Not needed any more"),
    "task-reassign": button("task", "", "seen", version="?", owner="=manager"),
    "handover-list": read(),
    "handover-new": read(),
    "handover-begin": write("user", "", "hands", ("manager", "own"), receiver_id="=colleague"),
    "handover-detail": read("handover"),
    "handover-confirm": button("handover", "", "seen", all="1"),
    "handover-contest": button("handover", "", "receives", remark="The folder is missing", _more={"item": "?handed"}),
    "approval-list": read(),
    "approval-detail": read("approval"),
    "approval-decide": button("approval", "", "reviews", ("manager", "own"), version="?", decision="approve"),
    "approval-reviewer": button("approval", "", "reviews", ("manager", "own"), version="?", user_id="=executive"),
    "approval-withdraw": button("approval", "", "wrote", version="?"),
    "absence": write("none", "", "seen", substitute_id="=manager", from_on="2099-12-01", back_on="2099-12-02"),
    "absence-end": button("none", "", "nobody", version="1"),
    "notification-list": read(),
    "notification-read-all": button("none", "", "seen"),
    "notification-open": button("notification", "", "seen"),
    "task-reopen": button("task", "", "nobody", version="?"),
    "remember": button("project", "", "seen", _more={"kind": "project"}),
    "person": read("user"),
    "contact-start": read("none", "contact.edit"),
    "bell": read(),
    "contact-card": button("contact", "contact.reach", "reaches"),
    "understood": read(kind="amount"),
    "duplicate-list": read("none", MERGE),
    "duplicate-search": write("none", MERGE, "held:account.merge", BOSS),
    "duplicate-detail": read("pair", MERGE),
    "duplicate-apart": button("pair", MERGE, "merges:account.merge", BOSS, remark="Two plants in two towns"),
    "duplicate-link": button("pair", MERGE, "links:account.merge", BOSS, parent="one"),
    "duplicate-merge": write("pair", MERGE, "merges:account.merge", BOSS),
    "duplicate-undo": button("pair", MERGE, "nobody"),
    "account-alike": write("account", MERGE, "seen", BOSS),
    "bin": read(),
    "bin-restore": button("binned", "", "restores", ("manager", "binned"), _more={"kind": "project"}),
    "comment-post": button("project", "", "seen", text="Who knows more?", _more={"kind": "project"}),
    "comment-people": read("project", kind="project"),
    "comment-edit": write("own_comment", "", "wrote", text="Changed words", version="?"),
    "comment-delete": button("own_comment", "", "wrote"),
    "follow": button("project", "", "seen", _more={"kind": "project"}),
    "project-comments": read("project"),
    "account-comments": read("account"),
    "guide": read(),
    "guide-page": read(key="nothing"),
    "guide-picture": read(language="zh", name="today"),
    "healthz": Row(is_open=True),
    "readyz": Row(is_open=True),
    # around lists
    "list-menu": read(listing="projects"),
    "list-filters": read(listing="accounts"),
    "list-filter": read(listing="projects", name="account"),
    "list-columns": write("none", "", "seen", column="owner", _more={"listing": "projects"}),
    "list-export": button("none", "data.export", "held:data.export", BOSS, format="csv", _more={"listing": "projects"}),
    "list-cell": write("project", "", f"project:{EDIT}", value="5", _more={"listing": "projects", "column": "amount"}),
    "view-new": write("none", "", "seen", name="Mine alone", _more={"listing": "projects"}),
    "view-default": button("none", "", "seen", view="", _more={"listing": "projects"}),
    "view-edit": write("view", "", "seen", name="Renamed"),
    "view-keep": button("view", "", "seen", query="mine=on"),
    "view-delete": button("view", "", "seen", version="?"),
    "bulk-choose": button("none", "", "seen", query="mine=on", _more={"listing": "tasks"}),
    "bulk-ask": button(
        "none", "", "seen", ids="?task", owner="=manager", step="do", _more={"listing": "tasks", "action": "owner"}
    ),
    "bulk": read("bulk"),
    "bulk-undo": button("bulk", "", "seen"),
    "export": read("export"),
    "export-file": read("export", "data.export"),
    # projects
    "project-list": read(),
    "project-board": read(),
    "project-board-more": read(key="develop"),
    "project-calendar": read(),
    "project-move": write(
        "project",
        "",
        f"project:{ADVANCE}",
        stage="develop",
        reason="They changed their minds",
        prove=("owner", "back"),
    ),
    "project-detail": read("project"),
    "project-advance": button("project", "", f"project:{ADVANCE}", version="?"),
    "project-stage": read("project", key="develop"),
    "project-short": read("project"),
    "project-timeline": read("project"),
    "project-files": read("project"),
    "project-history": read("project"),
    "project-diagnosis": read("project"),
    "project-back": write("project", ADVANCE, reason="They changed their minds", prove=("owner", "back")),
    "project-hold": write("project", CLOSE, reason="Budget is frozen"),
    "project-resume": write("project", CLOSE, reason="Budget is back", prove=("owner", "held")),
    "project-reopen": write("project", CLOSE, reason="They asked again", prove=("far_seller", "dropped")),
    "project-win": write("project", ADVANCE, "above:gate.override", BOSS, override_reason="The contract is signed"),
    "project-lose": write("project", CLOSE, reason="price", reason_text="Too dear", destination="Rival"),
    "project-drop": write("project", CLOSE, reason="bad_name", reason_text="No good", destination="Nowhere"),
    "project-grade": write("project", "grade.pin", grade="A", reason="Promised", prove=BOSS),
    "project-edit": write("project", EDIT, note="Changed"),
    "project-step": write("project", EDIT, source="Their director said so"),
    "project-confirm": write("project", EDIT, evidence="He said so on Monday", _more={"key": "?node"}),
    "project-team": write("project", "project.team", user_id="=stranger"),
    "project-team-remove": button("project", "project.team", version="?", _more={"user_id": "=assistant"}),
    "project-parties": write("project", EDIT, account_id="?account", role="dealer"),
    "project-party-remove": button(
        "project", EDIT, version="?", prove=("owner", "party"), _more={"account_id": "?account", "role": "dealer"}
    ),
    "project-delete": write("project", "project.delete", prove=("manager", "fresh")),
    # the customer's side
    "project-people": read("project"),
    "stakeholder-new": write("project", EDIT, name="Somebody new"),
    "stakeholder-edit": write("person", EDIT, note="Changed"),
    "stakeholder-attitude": write("person", EDIT, value="-1", reason="Was cool today"),
    "stakeholder-label": write(
        "person", "insider.view", kind="insider", shares_information="on", reason="Tells us everything"
    ),
    "stakeholder-remove": button("person", EDIT, version="?"),
    "label-end": button("label", "insider.view", version="?", reason="Left the company"),
    "project-intelligence": read("project"),
    "intelligence-new": write("project", EDIT, kind="budget", state="known", text="Two million", source="customer"),
    "intelligence-edit": write("item", EDIT, text="Changed"),
    "intelligence-confirm": button("item", EDIT, version="?"),
    "intelligence-remove": button("item", EDIT, version="?"),
    "project-competition": read("project"),
    "contender-new": write("project", EDIT, competitor_name="Another rival"),
    "contender-edit": write("contender", EDIT, note="Changed"),
    "contender-remove": button("contender", EDIT, version="?"),
    "criterion-new": write("project", EDIT, text="Delivered within a week"),
    "criterion-edit": write("criterion", EDIT, note="Changed"),
    "criterion-remove": button("criterion", EDIT, version="?"),
    "project-evaluation": read("project"),
    "project-qualify": write("project", EDIT, has_need="yes", can_pay="no"),
    "evaluation-new": write("project", EDIT),
    "evaluation-decide": write("evaluation", EDIT, decision="go_on", reason="Worth it"),
    # activities
    "activity-list": read(),
    "activity-log": write(
        "project",
        "activity.edit",
        result="Good",
        next_step="Call",
        next_on="2026-12-01",
        _more={"?": "project"},
    ),
    "activity-plan": write("project", "activity.edit", purpose="Show", planned_on="2026-12-01", _more={"?": "project"}),
    "activity-detail": read("activity"),
    "activity-complete": write(
        "planned", "activity.edit", "author:activity.edit", result="Good", next_step="Call", next_on="2026-12-01"
    ),
    "activity-cancel": write("planned", "activity.edit", "author:activity.edit", reason="They are ill"),
    "activity-confirm": button("activity", "", "witness:activity.edit", version="?", prove=("manager", "own")),
    "activity-delete": button("activity", "activity.edit", "author:activity.edit", version="?"),
    # customers
    "account-list": read(),
    "account-new": read(),
    "account-detail": read("account"),
    "account-activities": read("account"),
    "account-files": read("account"),
    "account-history": read("account"),
    "account-edit": write("account", "account.edit", note="Changed"),
    "account-name-new": write("account", "account.edit", name="Another Wholly Different Name", kind="alias"),
    "account-name-delete": button("account_name", "account.edit", "account:account.edit"),
    "account-team": write("account", "account.edit", user_id="=stranger"),
    "account-team-remove": button("account_member", "account.edit", "account:account.edit", prove=("owner", "member")),
    "account-owner": write("account", "account.edit", owner_id="", reason="They closed the plant"),
    "account-volumes": read("account"),
    "account-price": write("account", "activity.edit", unit_price="300", unit="t", offered_on="2026-11-01"),
    "account-loss": write("account", "account.edit", reason="price", destination="A rival mill", lost_on="2026-11-01"),
    "account-loss-judge": write("account", "account.edit", "account_above:account.edit", prove=("manager", "own")),
    "account-loss-withdraw": write("account", "account.edit", "nobody", reason="They buy again"),
    "account-release": write("account", "account.edit", reason="They closed the plant"),
    "account-claim": button("account", "registration.create", "held:registration.create", prove=("stranger", "pool")),
    "account-delete": write("account", "account.delete", prove=("executive", "pool")),
    "contact-list": read(),
    "contact-new": write("account", "contact.edit", "contact:contact.edit", name="Somebody new"),
    "contact-detail": read("contact"),
    "contact-edit": write("contact", "contact.edit", "contact:contact.edit", note="Changed"),
    "contact-delete": write("contact", "contact.edit", "contact:contact.edit"),
    "contact-erase": write(
        "contact", "account.delete", "account:account.delete", reason="Asked for it", is_sure="on", prove=BOSS
    ),
    "registration-list": read(),
    "registration-new": write(
        "none", "registration.create", "held:registration.create", name="Brand New Zebra Mining", kind="buyer"
    ),
    "registration-check": button(
        "none", "registration.create", "held:registration.create", name="Brand New Zebra Mining"
    ),
    "registration-arbitrate": button(
        "none", "registration.create", "held:registration.create", name=wide("ocelotacct works"), contest="?contested"
    ),
    "registration-exception": button(
        "none",
        "registration.create",
        "held:registration.create",
        name="Brand New Zebra Mining",
        kind="buyer",
        region="460100",
        reason="Known to them for many years",
        prove=("owner", "own"),
    ),
    "account-exception": write("account", "registration.create", "nobody", reason="Known to them for many years"),
    "pool-list": read(),
    "registration-detail": read("registration"),
    "arbitration-list": read(),
    "arbitration-detail": write(
        "arbitration",
        "",
        "arbitrates",
        BOSS,
        main_id="=owner",
        share="8",
        asker_likelihood="30",
        holder_likelihood="70",
        reason="Knows them for years",
        version="?",
    ),
    "arbitration-evidence": button("arbitration", "", "claims", version="?", evidence="An order of last year"),
    "product-list": read(),
    "product-new": write("none", "product.edit", "held:product.edit", LOOK, code="N1", name="New oil", unit="t"),
    "product-edit": Row("product", "", "held:product.edit", given={"name": "Changed oil"}, prove=LOOK),
    "product-sale": button("product", "product.edit", "held:product.edit", LOOK, on="0"),
    "pick": read(source="accounts"),
    "file-upload": button("project", "", "files", _more={"kind": "projects"}),
    "file-download": read("file"),
    "file-delete": button("file", "", "files"),
    # tables in and out: the world's batches belong to its owners, most of whom may not import
    "import-list": read("none", "data.import"),
    "import-new": write("none", "data.import", "nobody"),
    "import-template": Row(needs="data.import", also="product.edit", more={"kind": "products"}),
    "import-detail": read("batch", "data.import"),
    "import-map": write("batch", "data.import", "nobody"),
    "import-publish": button("batch", "data.import", "nobody"),
    "import-undo": button("batch", "data.import", "nobody"),
    "import-discard": button("batch", "data.import", "nobody"),
    "import-errors": read("batch", "data.import"),
    "export-list": read("none", "data.export"),
    "export-kind": button("none", "data.export", "held:data.export", BOSS, format="json", _more={"kind": "products"}),
    # settings
    "settings": read(),
    "user-list": read("none", "user.admin"),
    "user-invite": write("none", "user.admin", "everywhere:user.admin", ADMIN, name="New", username="new.person"),
    "user-edit": write("user", "user.admin", "over:user.admin", ADMIN, title="Changed"),
    "user-deactivate": write("user", "user.admin", "over:user.admin", ADMIN),
    "user-reactivate": write("user", "user.admin", "over:user.admin", ("administrator", "gone")),
    "user-password": write("user", "user.admin", "over:user.admin", ADMIN),
    "user-grant": write("user", "user.admin", "over:user.admin", ADMIN, role_id="?role"),
    "user-revoke": write("grant", "user.admin", "over:user.admin", ADMIN),
    "department-list": read("none", "user.admin"),
    "department-new": write("none", "user.admin", "everywhere:user.admin", ADMIN, name="New department"),
    "department-rename": write("department", "user.admin", "over:user.admin", ADMIN, name="Renamed"),
    "department-move": write("department", "user.admin", "over:user.admin", ADMIN, parent="?company"),
    "department-managers": write("department", "user.admin", "over:user.admin", ADMIN, managers="=stranger"),
    "department-close": write("department", "user.admin", "over:user.admin", ADMIN),
    "role-list": read("none", "role.admin"),
    "role-new": write(
        "none", "role.admin", "everywhere:role.admin", ADMIN, key="new-role", name_en="New", name_zh="新"
    ),
    "role-edit": write("role", "role.admin", "everywhere:role.admin", ADMIN, name_en="Changed"),
    "role-delete": write("role", "role.admin", "everywhere:role.admin", ADMIN),
    "territory-list": read("none", "settings.admin"),
    "territory-new": write(
        "none", "settings.admin", SETTINGS, ADMIN, name="North", regions="410300", department_ids="?company"
    ),
    "territory-edit": write(
        "territory", "settings.admin", SETTINGS, ADMIN, name="North", regions="410300", department_ids="?company"
    ),
    "territory-close": write("territory", "settings.admin", SETTINGS, ADMIN),
    "parameter-list": read("none", "settings.admin"),
    "parameter-edit": write("none", "settings.admin", SETTINGS, ADMIN, value="7", _more={"key": "projects.bin_days"}),
    "parameter-restore": button("none", "settings.admin", SETTINGS, ADMIN, _more={"key": "projects.bin_days"}),
    "custom-field-list": read("none", "settings.admin"),
    "custom-field-new": write(
        "none", "settings.admin", SETTINGS, ADMIN, key="colour", label_en="Colour", label_zh="颜色", kind="text"
    ),
    "custom-field-switch": button("custom_field", "settings.admin", SETTINGS, ADMIN, active="0"),
    "demo-delete": write("none", "settings.admin", "nobody"),
    "process-list": read("none", "process.admin"),
    "process-detail": read("process", "process.admin"),
    "job-list": read("none", "job.view"),
    "job-retry": button("job", "job.view", "everywhere:job.view", ADMIN),
    "audit": read("none", "audit.view"),
}

#: Records that belong to nobody: whoever may open their pages sees them all.
COMMON = ("product", "role", "territory", "custom_field", "process", "job")
SEES |= dict.fromkeys(COMMON, _colleague)
