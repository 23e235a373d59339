"""Hits of a registration as a page shows them: what it is, why it is here, what it means, what can be done.

Of a record that the reader does not see, nothing is shown but that it exists, its owner and its stage.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from openpsm.registrations.matching import Hit
from openpsm.registrations.rules import HitClass


@dataclass(frozen=True)
class ShownHit:
    """One hit, ready for `registrations/_hits.html`; `use` is what the button says that chooses it, empty for none."""

    hit: Hit
    title: str
    url: str
    label: str
    why: str
    advice: str
    use: str
    is_confirmed: bool
    asks_manager: bool


def shown_hits(hits: Sequence[Hit], confirmed: Collection[str] = (), *, can_use: bool = True) -> list[ShownHit]:
    """Return the hits for reading, best first as they came; without `can_use` there is nothing to choose."""
    return [_shown(hit, hit.key in confirmed, can_use) for hit in hits]


def _shown(hit: Hit, is_confirmed: bool, can_use: bool) -> ShownHit:
    return ShownHit(
        hit=hit,
        title=hit.label or _hidden_title(hit),
        url=_url(hit),
        label=_class_label(hit.cls),
        why=_(", ").join(hit.words),
        advice=_advice(hit),
        use=_use(hit) if can_use else "",
        is_confirmed=is_confirmed,
        asks_manager=hit.cls == HitClass.SAME and not hit.is_own and not hit.is_in_pool and can_use,
    )


def _hidden_title(hit: Hit) -> str:
    return _("A customer that is not open to you") if hit.kind == "account" else _("A project that is not open to you")


def _url(hit: Hit) -> str:
    name = "account-detail" if hit.kind == "account" else "project-detail"
    return reverse(f"web:{name}", args=[hit.record_id]) if hit.record_id else ""


def _class_label(cls: HitClass) -> str:
    labels = {
        HitClass.SAME: _("the same: stops the registration"),
        HitClass.POSSIBLE: _("maybe the same: compare"),
        HitClass.RELATED: _("related: for your information"),
    }
    return labels[cls]


def _advice(hit: Hit) -> str:
    if hit.cls == HitClass.RELATED:
        return _("A group, parent company or branch. You can register; talk to each other.")
    if hit.cls == HitClass.POSSIBLE:
        return _("Is it another one? Compare name, place and credit code, then tick the box below.")
    return _advice_project(hit) if hit.kind == "project" else _advice_account(hit)


def _advice_project(hit: Hit) -> str:
    if hit.is_own:
        return _("This is your own project. Open it and go on there.")
    text = _("%(owner)s works on this project already. Nothing is registered; a manager decides between you.")
    return text % {"owner": hit.owner or _("Somebody")}


def _advice_account(hit: Hit) -> str:
    if hit.is_own:
        return _("This is your own customer. Add the project to it instead.")
    if hit.is_in_pool:
        return _("It lies in the public pool. Registering takes it out for you, if you want it.")
    if not hit.owner:
        return _("It waits to be given to somebody. Ask your manager for it.")
    text = _("%(owner)s owns this customer. A project for a product line or site of its own may be registered there.")
    return text % {"owner": hit.owner}


def _use(hit: Hit) -> str:
    if hit.kind != "account" or hit.cls == HitClass.RELATED:
        return ""
    if hit.is_in_pool:
        return _("Take it from the pool")
    return _("Register the project there") if hit.owner else ""
