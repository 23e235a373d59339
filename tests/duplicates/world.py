"""Two accounts that are one company, with everything that can hang on an account, and a picture of all tables."""

import io
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps

from openpsm.accounts.models import Account, AccountVolume, Contact, LossRecord
from openpsm.accounts.operations import add_account_member, add_account_name, update_account
from openpsm.activities.operations import post_comment, state_price
from openpsm.core import attachments
from openpsm.org.models import User
from openpsm.org.operations import follow, open_task
from openpsm.projects.models import Project
from openpsm.registrations.matching import Claim, key_of
from openpsm.registrations.models import PoolStay, Territory
from openpsm.registrations.operations import request_arbitration
from tests.core import files
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.activities import log_activity
from tests.factories.buying import make_stakeholder
from tests.factories.org import make_user
from tests.factories.projects import make_owner
from tests.factories.registrations import make_seller, register_project, registered_account

KEPT, GONE = "宁夏远景化工有限公司", "浙江蓝海轴承制造有限公司"
LATER = AT + timedelta(days=3)
#: Tables that only grow, and what is made anew.
GROWING = ("core.", "duplicates.merge", "sessions.", "org.notification", "org.recent")
FORWARD = {"version", "updated_at"}


@dataclass
class Twins:
    """The two accounts and who may merge them."""

    kept: Account
    gone: Account
    by: User
    project: Project
    contact: Contact


def make_twins() -> Twins:
    """Two registered accounts of two sellers, with the same people, files, tasks and projects around them."""
    owner, other, by = make_seller(), make_owner(), make_user(roles=("executive",))
    kept = registered_account(KEPT, by=owner, phone="0951-8888001")
    gone = registered_account(GONE, by=other, short_name="蓝海", uscc="91640100MA1ABCDE1X", note="Pays late")
    for user in (owner, other):
        add_account_member(account_id=gone.pk, user_id=user.pk, by=other, at=AT)
    add_account_member(account_id=gone.pk, user_id=by.pk, by=other, at=AT)
    add_account_name(account_id=gone.pk, name="Blue Sea Bearings", kind="english", by=other, at=AT)
    add_account_name(account_id=kept.pk, name="Vision Chemicals", kind="english", by=owner, at=AT)
    contact = make_contact("王军", account=gone, by=other, mobile="13812345678", email="wang@lanhai-bearing.cn")
    make_contact("李梅", account=kept, by=owner, mobile="13987654321")
    claim = register_project("二期循环水泵", account_id=gone.pk, by=other)
    assert claim.project is not None
    register_project("二期循环水泵", account_id=kept.pk, by=owner, site="Yinchuan", product_line="Pumps")
    project = claim.project
    mine = Project.objects.get(account=kept)
    for role, account in (("end_user", gone), ("end_user", kept), ("dealer", gone)):
        project.parties.create(account=account, role=role)
    mine.parties.create(account=gone, role="contractor")
    person = make_stakeholder(project, contact_id=contact.pk, by=other)
    log_activity(project, by=other)
    make_stakeholder(mine, by=owner)
    assert person.account_id in (gone.pk, None)
    post_comment(kind="account", subject_id=gone.pk, text="Ask for the trial", by=other, at=AT)
    daughter = make_account("宁夏远景化工有限公司贺兰分公司", owner=other)
    update_account(account_id=daughter.pk, changes={"parent_id": gone.pk}, by=other, at=AT)
    content = io.BytesIO(files.pdf(inside=b"offer"))
    attachments.add_attachment(root=gone, name="offer.pdf", content=content, by=other, at=AT)
    for subject in (gone, kept):
        open_task(owner_id=other.pk, title="Call", subject=subject, origin="rule", by=None, at=AT)
        follow(subject_type="accounts.account", subject_id=subject.pk, by=other, at=AT)
    follow(subject_type="accounts.account", subject_id=gone.pk, by=by, at=AT)
    request_arbitration(account=Claim(GONE), hit=key_of("account", gone.pk), by=owner, at=AT)
    _figures(kept, gone, other)
    for name, named in (("Both", (kept, gone)), ("One", (gone,))):
        Territory.objects.create(name=name, created_at=AT, updated_at=AT).accounts.set(named)
    return Twins(Account.objects.get(pk=kept.pk), Account.objects.get(pk=gone.pk), by, project, contact)


def _figures(kept: Account, gone: Account, other: User) -> None:
    """Volumes of two months, one of them at both; a loss at either."""
    times: dict[str, Any] = {"created_at": AT, "updated_at": AT}
    for account, month in ((kept, 8), (gone, 8), (gone, 7)):
        first = AT.date().replace(month=month, day=1)
        AccountVolume.objects.create(account=account, month=first, quantity=5, unit="t", amount=900, **times)
    state_price(account_id=gone.pk, unit_price=Decimal(9), unit="t", offered_on=AT.date(), by=other, at=AT)
    PoolStay.objects.create(account=gone, why="released", former_owner=other, entered_at=AT, left_at=AT)
    for name, accounts in (("North", [gone]), ("South", [kept, gone])):
        Territory.objects.create(name=name, **times).accounts.set(accounts)
    for account in (kept, gone):
        LossRecord.objects.create(account=account, owner=other, asked_at=AT, due_on=AT.date(), **times)


def picture() -> dict[str, list[Any]]:
    """All rows of all tables that a merge and its undoing must leave as they were, without versions and times."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.label_lower
        if label.startswith(GROWING) and label != "core.attachment":
            continue
        names = [one.attname for one in model._meta.concrete_fields if one.attname not in FORWARD]
        if label in ("accounts.accountgram", "accounts.accountmark", "projects.projecttotal"):
            names.remove("id")
        found[label] = sorted(map(repr, model._base_manager.values_list(*names)))
    return found


def differences(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> dict[str, Any]:
    """What differs between two pictures, for a message that says it."""
    return {
        label: (sorted(set(before[label]) - set(after[label])), sorted(set(after[label]) - set(before[label])))
        for label in before
        if before[label] != after[label]
    }
