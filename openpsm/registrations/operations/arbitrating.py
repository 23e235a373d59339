"""Deciding between two claims on one customer or project.

The manager above both names one main owner; the other helps for a share of the commission, or gives way.
Rule: docs/business-rules.md#arbitration
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account, AccountMember
from openpsm.accounts.operations.accounts import write_owner
from openpsm.core import events, parameters
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed
from openpsm.core.locks import lock_rows
from openpsm.core.versions import bump, require_version
from openpsm.org import operations as org
from openpsm.org.access import require
from openpsm.org.models import ApprovalStep, User
from openpsm.org.operations import ApprovalVoid, NewStep, Note, notify
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project, TeamRole
from openpsm.projects.operations import change_owner, set_team
from openpsm.registrations import matching, queries
from openpsm.registrations.arbitration import KIND, looks
from openpsm.registrations.matching import Claim, Hit, ProjectClaim
from openpsm.registrations.models import Arbitration, Registration
from openpsm.registrations.operations.checking import lock, require_seen_customer
from openpsm.registrations.operations.claims import Kind, Status, protected_until, strict_key
from openpsm.registrations.operations.learning import Source, learn_claim
from openpsm.registrations.operations.probing import count_check
from openpsm.registrations.parameters import SHARE_MAX, SHARE_MIN
from openpsm.registrations.rules import HitClass

LONGEST = 2000


def request_arbitration(
    *,
    account: Claim | None = None,
    project: ProjectClaim | None = None,
    hit: str,
    evidence: str = "",
    by: User,
    at: datetime,
) -> Arbitration:
    """Contest what somebody else has registered: the claim is kept as it was typed and waits for a decision.

    `hit` is the key of the hit that stopped the registration. The nearest manager above both is asked, at the root any
    executive; the owner is told. Raises NotAllowed, TooMany, InvalidInput, DomainError "no-collision" (nothing of the
    kind stands against the claim), "arbitration-waiting", "no-arbiter", DoesNotExist for a customer one does not see.
    """
    require(by, Permission.REGISTRATION_CREATE)
    _require_evidence(evidence)
    require_seen_customer(project, by)
    count_check(by, at)
    with transaction.atomic(), events.together():
        lock()
        record = _contested(account, project, hit, by)
        claim = _pending(record, account, project, by, at)
        made = _arbitration(record, claim, evidence.strip(), by, at)
        _ask(made, by, at)
        data: dict[str, Any] = {"name": claim.name, "holder": made.holder_id, "kind": claim.kind}
        events.record("arbitration.requested", subject=made, by=by, at=at, **data)
    return made


def _require_evidence(evidence: str) -> None:
    if len(evidence) > LONGEST:
        raise InvalidInput({"evidence": [_("At most %(most)s characters, please.") % {"most": LONGEST}]})


def _contested(account: Claim | None, project: ProjectClaim | None, key: str, by: User) -> Account | Project:
    """Return the record of the hit, locked; only one that stops the claim and belongs to a colleague is contested."""
    found = next((one for one in matching.check(by=by, account=account, project=project) if one.key == key), None)
    if found is None or not _may_contest(found):
        message = _("Nothing stands against this claim that a manager would have to decide. Check it again.")
        raise DomainError(message, code="no-collision")
    model = Project if found.kind == Kind.PROJECT else Account
    lock_rows(model, [found.pk])
    record: Account | Project = model._default_manager.select_related("owner__department").get(pk=found.pk)
    return record


def _may_contest(hit: Hit) -> bool:
    return hit.cls == HitClass.SAME and not hit.is_own and not hit.is_in_pool and bool(hit.owner)


def _pending(
    record: Account | Project, account: Claim | None, project: ProjectClaim | None, by: User, at: datetime
) -> Registration:
    """Store what was typed; it has no record of its own and shares the key of the one it clashes with."""
    kind = Kind.PROJECT if isinstance(record, Project) else Kind.ACCOUNT
    claimed = project if isinstance(record, Project) else account
    typed = asdict(claimed) if claimed else {}
    kept = {name: value for name, value in typed.items() if value and name not in ("phones", "emails")}
    return Registration.objects.create(
        kind=kind,
        status=Status.PENDING,
        name=claimed.name[:200] if claimed else "",
        strict_key=strict_key(record),
        owner=by,
        registered_at=at,
        claim=kept,
        created_by=by,
        created_at=at,
        updated_at=at,
    )


def _arbitration(record: Account | Project, claim: Registration, evidence: str, by: User, at: datetime) -> Arbitration:
    project = record if isinstance(record, Project) else None
    account_id = project.account_id if project else record.pk
    if Arbitration.objects.open().filter(account=account_id, project=project).exists():
        raise DomainError(_("A manager is deciding on this one already."), code="arbitration-waiting")
    live = Registration.objects.filter(status=Status.LIVE, kind=claim.kind, account=account_id, project=project)
    made = Arbitration(claim=claim, standing=live.first(), account_id=account_id, project=project, asker=by)
    made.asker_evidence = evidence
    if record.owner is not None:  # a hit without an owner is not contested
        made.holder = record.owner
    made.created_by, made.created_at, made.updated_at = by, at, at
    made.save(force_insert=True)
    return made


def _ask(made: Arbitration, by: User, at: datetime) -> None:
    arbiters = queries.arbiters_of(made.asker, made.holder)
    if not arbiters:
        message = _("Nobody stands above both of you who may decide; ask an administrator.")
        raise DomainError(message, code="no-arbiter")
    step = NewStep(tuple(user.pk for user in arbiters), ApprovalStep.Needs.ANY)
    call: dict[str, Any] = {"kind": KIND, "subject": made.claim, "title": made.claim.name, "fingerprint": looks(made)}
    made.approval = org.request_approval(**call, steps=[step], by=by, at=at)
    made.save(update_fields=["approval"])
    told = {"who": by.name, "title": str(made.record)}
    notify(rows=[Note(made.holder_id, "arbitration.requested", made, told)], at=at)


def add_evidence(*, arbitration_id: int, version: int | None, evidence: str, by: User, at: datetime) -> Arbitration:
    """Write what speaks for one's own claim; only the two parties, while nothing is decided."""
    _require_evidence(evidence)
    with transaction.atomic():
        lock_rows(Arbitration, [arbitration_id])
        found: Arbitration = Arbitration.objects.visible_to(by).get(pk=arbitration_id)
        require_version(found, version)
        if by.pk not in (found.asker_id, found.holder_id):
            raise NotAllowed(_("Only the two who claim it write what speaks for them."))
        _require_open(found)
        side = "asker_evidence" if by.pk == found.asker_id else "holder_evidence"
        setattr(found, side, evidence.strip())
        found.save(update_fields=[side, *bump(found, at=at)])
        events.record("arbitration.evidence_given", subject=found, by=by, at=at, side=side.partition("_")[0])
    return found


def _require_open(found: Arbitration) -> None:
    if found.ended_at is not None:
        raise DomainError(_("This has been decided or withdrawn."), code="arbitration-closed")


def decide_arbitration(
    *,
    arbitration_id: int,
    version: int | None,
    main_id: int,
    share: Decimal | None,
    asker_likelihood: int,
    holder_likelihood: int,
    reason: str,
    by: User,
    at: datetime,
) -> Arbitration:
    """Name the main owner, and with a `share` in per cent of the commission the other one as assistant.

    Never by a party: neither directly nor in somebody's place. The chance of success with either is noted. Raises
    NotAllowed, Stale, InvalidInput, ApprovalVoid where the record has changed hands since, DomainError
    "arbitration-closed".
    """
    require(by, Permission.REGISTRATION_ARBITRATE)
    void: ApprovalVoid | None = None
    with transaction.atomic(), events.together():
        lock()
        lock_rows(Arbitration, [arbitration_id])
        found = _open_one(arbitration_id, version, by)
        likely = (asker_likelihood, holder_likelihood)
        _require_decision(found, main_id, share, likely, reason)
        call: dict[str, Any] = {"approval_id": found.approval_id, "version": None, "decision": "approve"}
        try:
            org.decide_approval(
                **call,
                comment=reason.strip(),
                by=by,
                at=at,
                rest=lambda _approval: _settle(found, main_id, share, likely, reason.strip(), by, at),
            )
        except ApprovalVoid as error:  # its part is written: the claim is void, and both have been told
            void = error
    if void is not None:
        raise void
    return found


def _open_one(arbitration_id: int, version: int | None, by: User) -> Arbitration:
    rows = Arbitration.objects.visible_to(by).select_related(
        "claim", "standing", "account", "project", "asker__department", "holder__department"
    )
    found: Arbitration = rows.get(pk=arbitration_id)
    require_version(found, version)
    _require_open(found)
    return found


def _require_decision(
    found: Arbitration, main_id: int, share: Decimal | None, likely: tuple[int, int], reason: str
) -> None:
    low, high = Decimal(parameters.value(SHARE_MIN)), Decimal(parameters.value(SHARE_MAX))
    errors: dict[str, list[str]] = {}
    if main_id not in (found.asker_id, found.holder_id):
        errors["main_id"] = [_("The main owner is one of the two.")]
    if share is not None and not low <= share <= high:
        message = _("The assistant's share is %(low)s to %(high)s per cent of the commission.")
        errors["share"] = [message % {"low": f"{low:f}", "high": f"{high:f}"}]
    for name, value in zip(("asker_likelihood", "holder_likelihood"), likely, strict=True):
        if not 0 <= value <= 100:
            errors[name] = [_("A chance lies between 0 and 100 per cent.")]
    if not reason.strip() or len(reason) > 1000:
        errors["reason"] = [_("Say why, in at most 1000 characters: both read it.")]
    if errors:
        raise InvalidInput(errors)


def _settle(
    found: Arbitration,
    main_id: int,
    share: Decimal | None,
    likely: tuple[int, int],
    reason: str,
    by: User,
    at: datetime,
) -> None:
    """Write the decision and what follows from it; runs in the transaction of the approval, under the lock."""
    main, other = (found.asker, found.holder) if main_id == found.asker_id else (found.holder, found.asker)
    if not main.is_active or main.department is None:
        raise InvalidInput({"main_id": [_("The main owner must be active and belong to a department.")]})
    found.main, found.decided_by, found.decided_at, found.ended_at = main, by, at, at
    found.assistant, found.share_rate = (other, share / 100) if share is not None else (None, None)
    found.asker_likelihood, found.holder_likelihood = likely
    found.reason = reason
    decided = ("main", "assistant", "share_rate", "asker_likelihood", "holder_likelihood", "reason", "decided_by")
    found.save(update_fields=[*decided, "decided_at", "ended_at", *bump(found, at=at)])
    _give(found, main, by, at)
    _register(found, at)
    _tell(found, by, at)


def _give(found: Arbitration, main: User, by: User, at: datetime) -> None:
    if found.project is not None:
        _give_project(found, found.project, main, by, at)
    else:
        _give_account(found, main, by, at)


def _give_project(found: Arbitration, project: Project, main: User, by: User, at: datetime) -> None:
    """Through the operations of projects: the arbiter stands above both and may set team and owner."""
    part = TeamRole.ASSISTANT.value if found.assistant_id else None
    if main.pk != project.owner_id:
        call: dict[str, Any] = {"owner_id": main.pk, "reason": found.reason, "old_owner_role": part}
        change_owner(project_id=project.pk, **call, by=by, at=at)
    elif part:
        set_team(project_id=project.pk, user_id=found.asker_id, role=part, by=by, at=at)


def _give_account(found: Arbitration, main: User, by: User, at: datetime) -> None:
    lock_rows(Account, [found.account_id])
    account: Account = Account.objects.get(pk=found.account_id)
    old = account.owner_id
    if main.pk != old:
        write_owner(account, main, at=at)
        events.record("account.owner_changed", subject=account, by=by, at=at, old=old, new=main.pk)
    if found.assistant_id:
        _member, is_new = AccountMember.objects.get_or_create(account=account, user_id=found.assistant_id)
        if is_new:
            events.record("account.member_added", subject=account, by=by, at=at, user=found.assistant_id)
    kept = found.claim.claim
    others = tuple(kept.get("other_names", ()))
    told = Claim(found.claim.name, uscc=kept.get("uscc", ""), other_names=others)
    learn_claim(account, told, Source.ARBITRATION, by, at)  # who decides has said that the two are one


def _register(found: Arbitration, at: datetime) -> None:
    """Let the claim of the main owner live, and end the other one."""
    claim, standing = found.claim, found.standing
    if found.main_id != found.asker_id:
        claim.status, claim.reason = Status.REJECTED, found.reason[:300]
        claim.save(update_fields=["status", "reason", *bump(claim, at=at)])
        return
    if standing is not None and standing.status == Status.LIVE:
        standing.status, standing.reason = Status.SUPERSEDED, found.reason[:300]
        standing.save(update_fields=["status", "reason", *bump(standing, at=at)])
    record = found.record
    claim.status, claim.account, claim.project = Status.LIVE, found.account, found.project
    claim.name, claim.strict_key, claim.protected_until = record.name, strict_key(record), protected_until(at)
    fields = ["status", "account", "project", "name", "strict_key", "protected_until"]
    claim.save(update_fields=[*fields, *bump(claim, at=at)])


def _tell(found: Arbitration, by: User, at: datetime) -> None:
    told = {"who": by.name, "title": found.claim.name}
    people = (found.asker_id, found.holder_id)
    notify(rows=[Note(pk, "arbitration.decided", found, told) for pk in people], at=at)
    data: dict[str, Any] = {"main": found.main_id, "assistant": found.assistant_id, "share": found.share_rate}
    data |= {"likelihood": [found.asker_likelihood, found.holder_likelihood], "reason": found.reason}
    events.record("arbitration.decided", subject=found, root=found.record, by=by, at=at, **data)
