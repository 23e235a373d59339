"""The rows of the access matrix for the operations of the API: who may do it, and what a program sends."""

from dataclasses import dataclass, field
from typing import Any

from openpsm.registrations.matching import key_of
from tests.security.rows import Row
from tests.security.world import NOWHERE, Bundle, World, wide

#: Which record the `{pk}` of an address is, by the longest beginning that fits.
KINDS = {
    "/projects/confirmations": "confirmation",
    "/stakeholders/labels": "label",
    "/accounts": "account",
    "/activities": "activity",
    "/alerts": "alert",
    "/approvals": "approval",
    "/registrations/arbitrations": "arbitration",
    "/registrations/pool": "account",
    "/comments": "comment",
    "/contacts": "contact",
    "/contenders": "contender",
    "/criteria": "criterion",
    "/departments": "department",
    "/evaluations": "evaluation",
    "/gate-reviews": "review",
    "/handover": "handover",
    "/intelligence": "item",
    "/processes": "process",
    "/products": "product",
    "/projects": "project",
    "/registrations": "registration",
    "/stakeholders": "person",
    "/tasks": "task",
    "/users": "user",
}


@dataclass(frozen=True)
class Call:
    """One operation: the right that its address asks for, the rule of who may, and the body that succeeds."""

    needs: str = ""
    may: str = "seen"
    body: dict[str, Any] | None = None
    kind: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    def row(self, kind: str) -> Row:
        """The same as a row of the pages, for the one rule book."""
        return Row(kind, self.needs, self.may)


def _on(rule: str, permission: str, body: dict[str, Any] | None = None, kind: str = "", **more: Any) -> Call:
    return Call(permission, f"{rule}:{permission}", body, kind, more)


EDIT, CLOSE, ADVANCE, INSIDER = "project.edit", "project.close", "project.advance", "insider.view"
DONE = {"result": "Good", "next_step": "Call", "next_on": "2026-12-01", "done_on": "2026-11-01"}
ENDED = {"reason": "price", "reason_text": "Too dear", "destination": "A rival"}
ANSWERS: dict[str, int] = {}

API: dict[str, Call] = {
    "accounts.accounts": Call(),
    "accounts.create": _on("held", "registration.create", {"name": "Brand New Zebra Mining"}),
    "accounts.account": Call(),
    "accounts.change": _on("account", "account.edit", {"note": "Changed"}),
    "accounts.delete": _on("account", "account.delete"),
    "accounts.restore": Call("", "nobody"),
    "accounts.give": _on("account", "account.edit", {"owner_id": None, "reason": "They closed the plant"}),
    "accounts.add_name": _on("account", "account.edit", {"kind": "alias", "name": "Wholly Different Words"}),
    "accounts.add_member": _on("account", "account.edit", {"user_id": "=stranger"}),
    "accounts.remove_member": _on("account", "account.edit", user_id="=former"),
    "duplicates.duplicates": Call("account.merge"),
    "duplicates.merge": _on("merges", "account.merge", {"other_id": "?account"}, "twin"),
    "duplicates.unmerge": Call("account.merge", "nobody"),
    "activities.activities": Call(),
    "activities.create": _on("project", "activity.edit", {"project_id": "?project", "kind": "call", **DONE}, "project"),
    "activities.activity": Call(),
    "activities.change": _on("author", "activity.edit", {"place": "Yinchuan"}),
    "activities.delete": _on("author", "activity.edit"),
    "activities.restore": Call("activity.edit", "nobody"),
    "activities.complete": _on("author", "activity.edit", DONE, "planned"),
    "activities.cancel": _on("author", "activity.edit", {"reason": "Ill"}, "planned"),
    "handover.handovers": Call(),
    "handover.handover": Call(),
    "handover.hand_over": Call("", "hands", {"from_user": "?giver", "to_user": "=colleague"}),
    "handover.confirm": Call("", "seen", {}),
    "handover.contest": Call("", "receives", {"remark": "The folder is missing"}, more={"item": "?handed"}),
    "approvals.approvals": Call(),
    "approvals.approval": Call(),
    "approvals.decide": Call("", "reviews", {"decision": "approve"}),
    "approvals.add_reviewer": Call("", "reviews", {"user_id": "=executive"}),
    "approvals.withdraw": Call("", "wrote", {}),
    "arbitrations.arbitrations": Call(),
    "arbitrations.arbitration": Call(),
    "arbitrations.contest": _on(
        "held", "registration.create", {"account": {"name": wide("ocelotacct works")}, "hit": "?contested"}
    ),
    "arbitrations.evidence": Call("", "claims", {"evidence": "An order of last year"}),
    "arbitrations.decide": Call(
        "registration.arbitrate",
        "arbitrates",
        {"main_id": "=owner", "share": "8", "asker_likelihood": 30, "holder_likelihood": 70, "reason": "For years"},
    ),
    "comments.comments": Call(),
    "comments.post": Call("", "seen", {"kind": "project", "subject_id": "?project", "text": "Who knows?"}, "project"),
    "comments.comment": Call(),
    "comments.change": Call("", "wrote", {"text": "Other words"}),
    "comments.delete": Call("", "wrote"),
    "comments.restore": Call("", "nobody"),
    "activities.confirm": _on("witness", "activity.edit"),
    "contacts.contacts": Call(),
    "contacts.create": _on("contact", "contact.edit", {"account_id": "?account", "name": "New one"}, "account"),
    "contacts.contact": Call(),
    "contacts.change": _on("contact", "contact.edit", {"note": "Changed"}),
    "contacts.delete": _on("contact", "contact.edit"),
    "contacts.restore": Call("contact.edit", "nobody"),
    "contacts.erase": _on("account", "account.delete", {"reason": "Asked for it"}),
    "contenders.contenders": Call(),
    "contenders.create": _on("project", EDIT, {"project_id": "?project", "competitor_name": "New rival"}, "project"),
    "contenders.contender": Call(),
    "contenders.change": _on("project", EDIT, {"note": "Changed"}),
    "contenders.delete": _on("project", EDIT),
    "criteria.criteria": Call(),
    "criteria.create": _on("project", EDIT, {"project_id": "?project", "text": "Within a week"}, "project"),
    "criteria.criterion": Call(),
    "criteria.change": _on("project", EDIT, {"note": "Changed"}),
    "criteria.delete": _on("project", EDIT),
    "definitions.field_list": Call(),
    "definitions.process_list": Call(),
    "definitions.process": Call(),
    "departments.departments": Call(),
    "departments.create": _on("everywhere", "user.admin", {"name": "New department"}),
    "departments.department": Call(),
    "departments.rename": _on("over", "user.admin", {"name": "Renamed"}),
    "departments.move": _on("everywhere", "user.admin", {"parent_id": "?company"}),  # also over where it goes
    "departments.managers": _on("over", "user.admin", {"user_ids": []}),
    "departments.close": _on("over", "user.admin"),
    "departments.reopen": _on("over", "user.admin"),
    "diagnosis.diagnosis": Call(),
    "evaluations.evaluate": _on("project", EDIT, {"answers": ANSWERS}),
    "evaluations.qualification": Call(),
    "evaluations.qualify": _on("project", EDIT, {"has_need": True, "can_pay": True, "has_good_name": False}),
    "evaluations.evaluations": Call(),
    "evaluations.evaluation": Call(),
    "evaluations.decide": _on("project", EDIT, {"decision": "go_on", "reason": "Worth it"}),
    "gate_reviews.reviews": Call(),
    "gate_reviews.review": Call(),
    "intelligence.intelligence": Call(),
    "intelligence.create": _on(
        "project",
        EDIT,
        {"project_id": "?project", "kind": "budget", "state": "known", "text": "Two million", "source": "customer"},
        "project",
    ),
    "intelligence.item": Call(),
    "intelligence.change": _on("project", EDIT, {"text": "Changed"}),
    "intelligence.delete": _on("project", EDIT),
    "intelligence.confirm": _on("project", EDIT),
    "intelligence.replace": _on(
        "project", EDIT, {"kind": "need", "state": "known", "text": "Newer", "source": "customer"}
    ),
    "moves.gate": Call(),
    "moves.advance": _on("project", ADVANCE),
    "moves.back": _on("project", ADVANCE, {"stage": "develop", "reason": "They think again"}),
    "moves.win": Call(ADVANCE, "above:gate.override", {"override_reason": "The contract is signed"}),
    "moves.lose": _on("project", CLOSE, ENDED),
    "moves.drop": _on("project", CLOSE, {**ENDED, "reason": "bad_name"}),
    "moves.hold": _on("project", CLOSE, {"reason": "Frozen"}),
    "moves.resume": _on("project", CLOSE, {"reason": "Thawed"}),
    "moves.reopen": _on("project", CLOSE, {"reason": "Asked again"}),
    "moves.step": _on("project", EDIT, {"step": "?step", "source": "He said so", "on": "2026-11-01"}),
    "moves.grade": _on("project", "grade.pin", {"grade": "A", "reason": "Promised"}),
    "moves.confirm": _on("project", EDIT, {"node_key": "none", "evidence": "He said so on Monday"}),
    "moves.fact": _on("project", EDIT, {"fact": "contract.signed", "evidence": "He said so on Monday"}),
    "moves.withdraw": _on("project", EDIT, {"reason": "Was wrong"}),
    "products.products": Call(),
    "products.create": _on("held", "product.edit", {"code": "N2", "name": "New oil", "unit": "t"}),
    "products.product": Call(),
    "products.change": _on("held", "product.edit", {"name": "Changed"}),
    "projects.projects": Call(),
    "projects.create": _on(
        "held", "registration.create", {"account_id": "?account", "name": "Brand New Zebra Line"}, "account"
    ),
    "projects.project": Call(),
    "projects.change": _on("project", EDIT, {"note": "Changed"}),
    "projects.delete": _on("project", "project.delete"),
    "projects.restore": Call("", "nobody"),
    "projects.give": Call("", "project:project.team", {"owner_id": "=stranger", "reason": "Another region"}),
    "projects.team": _on("project", "project.team", {"user_id": "=stranger", "role": "member"}),
    "projects.party": _on("project", EDIT, {"account_id": "?own_account", "role": "dealer"}),
    "projects.remove_party": _on("project", EDIT, account_id="?own_account", role="dealer"),
    "projects.products": _on("project", EDIT, {"products": [{"product_id": "?product"}]}),
    "pool.pool": Call(),
    "pool.claim": _on("held", "registration.create"),
    "registrations.registrations": Call(),
    "registrations.create": _on("held", "registration.create", {"account": {"name": "Brand New Zebra Mining"}}),
    "registrations.check": _on("held", "registration.create", {"account": {"name": "Brand New Zebra Mining"}}),
    "registrations.registration": Call(),
    "stakeholders.stakeholders": Call(),
    "stakeholders.create": _on("project", EDIT, {"project_id": "?project", "name": "Somebody new"}, "project"),
    "stakeholders.stakeholder": Call(),
    "stakeholders.change": _on("project", EDIT, {"note": "Changed"}),
    "stakeholders.delete": _on("project", EDIT),
    "stakeholders.attitude": _on("project", EDIT, {"value": -1, "reason": "Was cool"}),
    "stakeholders.label": _on(
        "project", INSIDER, {"kind": "insider", "reason": "Tells us all", "shares_information": True}
    ),
    "stakeholders.end_label": _on("project", INSIDER, {"reason": "Left"}),
    "users.users": Call(),
    "users.create": _on(
        "everywhere", "user.admin", {"username": "new.person", "name": "New", "password": "a long enough secret"}
    ),
    "users.me": Call(),
    "users.user": Call(),
    "users.change": _on("over", "user.admin", {"title": "Changed"}),
    "users.deactivate": _on("over", "user.admin"),
    "work.today": Call(),
    "funnel.funnel": Call(),
    "work.notification_list": Call(),
    "work.read": Call("", "seen", {}),
    "alerts.alerts": Call(),
    "alerts.alert": Call(),
    "alerts.make_task": Call("", "seen", {}),
    "alerts.snooze": Call("", "seen", {"until": "2026-12-01"}),
    "alerts.answer": Call("", "seen", {"text": "They build next year"}),
    "alerts.close": Call("", "seen", {"reason": "They build next year"}),
    "losing.volumes": Call(),
    "losing.state_price": Call(
        "activity.edit",
        "account:activity.edit",
        {"unit_price": "300", "unit": "t", "offered_on": "2026-11-01"},
    ),
    "losing.deals": Call(),
    "losing.customers": Call(),
    "losing.report_loss": Call(
        "account.edit", "account:account.edit", {"reason": "price", "destination": "A rival", "lost_on": "2026-11-01"}
    ),
    "losing.judge_lost": Call("account.edit", "account_above:account.edit", {}),
    "work.task_list": Call(),
    "work.create_task": Call("", "seen", {"title": "Look there", "project_id": "?project"}, "project"),
    "work.task": Call(),
    "work.complete": Call("", "seen", {}),
    "work.drop": Call("", "seen", {"reason": "Not needed"}),
    "work.reassign": Call("", "seen", {"owner_id": "=manager"}),
}


def kind_of(path: str, call: Call) -> str:
    """Return which record an operation is about, "none" for lists and what is made out of nothing."""
    if call.kind:
        return call.kind
    if "{" not in path:
        return "none"
    return next(kind for start, kind in KINDS.items() if path.startswith(start + "/"))


def filled(value: Any, bundle: Bundle, world: World, step: str = "") -> Any:
    """Put real ids where a body or an address holds placeholders."""
    if isinstance(value, dict):
        return {key: filled(each, bundle, world, step) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, bundle, world, step) for each in value]
    if not isinstance(value, str) or value[:1] not in "=?" or len(value) < 2:
        return value
    if value[0] == "=":
        return world.actors[value[1:]].pk
    special = {
        "?own_account": world.bundles["own"]["account"],
        "?company": world.departments["west"].pk,
        "?step": step,
        "?giver": world.actors[bundle.owner].pk,
        "?contested": key_of("account", world.bundles["other"]["account"]),
    }
    return special.get(value, bundle[value[1:]])


def is_there(pk: int) -> bool:
    """Whether a bundle has such a record."""
    return pk != NOWHERE
