"""Where each list is declared: pages, jobs and saved views know it by its key."""

from __future__ import annotations

from django.utils.module_loading import import_string

from openpsm.org.models import User
from openpsm.web.lists.declaration import Listing

_VIEWS = "openpsm.web.views"
PLACES = {
    "projects": f"{_VIEWS}.projects.listing.PROJECTS",
    "accounts": f"{_VIEWS}.accounts.listing.ACCOUNTS",
    "contacts": f"{_VIEWS}.accounts.contact_listing.CONTACTS",
    "products": f"{_VIEWS}.product_listing.PRODUCTS",
    "activities": f"{_VIEWS}.activity_listing.ACTIVITIES",
    "duplicates": f"{_VIEWS}.duplicates.listing.DUPLICATES",
    "registrations": f"{_VIEWS}.registration_listing.REGISTRATIONS",
    "pool": f"{_VIEWS}.pool_listing.POOL",
    "approvals": f"{_VIEWS}.approval_listing.APPROVALS",
    "alerts": f"{_VIEWS}.alert_listing.ALERTS",
    "lost-customers": f"{_VIEWS}.lost_listing.CUSTOMERS",
    "lost-deals": f"{_VIEWS}.lost_listing.LOST",
    "tasks": f"{_VIEWS}.task_listing.TASKS",
    "users": f"{_VIEWS}.settings.user_listing.USERS",
    "audit": f"{_VIEWS}.settings.audit.AUDIT",
}


class NoSuchList(LookupError):
    """There is no list of this key, or it is not open to the person."""


def listing_of(key: str, user: User) -> Listing:
    """Return the list of this key; raises NoSuchList for one that the user may not open."""
    if key not in PLACES:
        raise NoSuchList(key)
    listing: Listing = import_string(PLACES[key])
    if not listing.is_open_to(user):
        raise NoSuchList(key)
    return listing
