"""Calls pages and operations of the API as one of the people of the seeded company, with what a page's form holds."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.core.signals import request_finished
from django.db import close_old_connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from openpsm.registrations.matching import key_of
from tests.security.forms import main_form
from tests.security.rows import WEB, Row, parts
from tests.security.world import Bundle, World

NOBODY = "anonymous"
MODELS = {
    "comment": "activities.Comment",
    "own_comment": "activities.Comment",
    "project": "projects.Project",
    "person": "buying.Stakeholder",
    "insider": "buying.Stakeholder",
    "label": "buying.SupporterLabel",
    "item": "buying.IntelligenceItem",
    "contender": "buying.Contender",
    "criterion": "buying.Criterion",
    "activity": "activities.Activity",
    "planned": "activities.Activity",
    "alert": "insights.Alert",
    "task": "org.Task",
    "approval": "org.Approval",
    "arbitration": "registrations.Arbitration",
    "view": "org.SavedView",
    "account": "accounts.Account",
    "contact": "accounts.Contact",
    "product": "catalog.Product",
    "user": "org.User",
    "department": "org.Department",
}
#: Who opens a form first, so that everybody may try to send it.
OPENERS = ("executive", "administrator", "market")


#: The token of the form, for the test of tokens alone, and what is typed into pickers beside the value itself.
NOT_SENT = ("csrfmiddlewaretoken", "_id_text")


@contextmanager
def undone() -> Iterator[None]:
    """Take back whatever happens within."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _read(answer: Any) -> Any:
    """Read a file that is handed out to its end, and close it."""
    if answer.streaming:
        data = b"".join(answer.streaming_content)
        request_finished.disconnect(
            close_old_connections
        )  # as Django's client does: the test goes on in its transaction
        answer.close()
        request_finished.connect(close_old_connections)
        answer.streaming_content = [data]
    return answer


@dataclass
class Desk:
    """Holds a browser for each person; the world remembers what the forms hold."""

    world: World
    browsers: dict[str, Client] = field(default_factory=dict)

    def browser(self, who: str) -> Client:
        """Return the person's browser, signed in with the password just given."""
        if who not in self.browsers:
            client = self.browsers[who] = Client(raise_request_exception=False)
            if who != NOBODY:
                self._enter(client, who)
        return self.browsers[who]

    def _enter(self, client: Client, who: str) -> None:
        client.force_login(self.world.actors[who])
        session = client.session
        session["confirmed_at"] = timezone.now().isoformat()
        session.save()

    @contextmanager
    def same_cookies(self, who: str) -> Iterator[None]:
        """Give the browser back the cookies that it had, whatever an answer did to them."""
        client = self.browser(who)
        had: Any = client.cookies.copy()
        yield
        client.cookies = had

    # --- pages

    def url(self, name: str, bundle: Bundle, row: Row | None = None) -> str:
        """Return the address of a page about a record of the bundle."""
        row = row or WEB[name]
        more = {key: self.meant(value, bundle) for key, value in row.more.items() if key != "?"}
        query = row.more.get("?")
        if query:
            return f"{reverse(f'web:{name}')}?{query}={bundle[query]}"
        return reverse(f"web:{name}", kwargs=parts(row.kind, bundle, self.world) | more)

    def meant(self, value: Any, bundle: Bundle) -> Any:
        """Return what a placeholder of a row stands for."""
        if not isinstance(value, str) or value[:1] not in "=?" or not value:
            return value
        if value[0] == "=":
            return self.world.actors[value[1:]].pk
        special: dict[str, Callable[[], Any]] = {
            "?account": lambda: self.world.bundles["own"]["account"],
            "?company": lambda: self.world.departments["west"].pk,
            "?task": lambda: self.world.bundles["own"]["task"],
            "?role": lambda: self.world.bundles["own"]["role"],
            "?contested": lambda: key_of("account", self.world.bundles["other"]["account"]),
            "?handed": lambda: bundle["handed"],
            "?node": self._node,
        }
        return special[value]()

    def _node(self) -> str:
        from openpsm.projects import queries
        from openpsm.projects.models import Project

        project = Project._default_manager.select_related("kept_facts", "account").get(
            pk=self.world.bundles["own"]["project"]
        )
        nodes = queries.gate(project, at=timezone.now()).nodes
        return next((node.key for node in nodes if node.kind == "manual" or node.statable), "none")

    def body(self, name: str, bundle: Bundle) -> dict[str, Any]:
        """Return what an entitled person's browser would send."""
        known = self.world.forms
        if (name, bundle.relation) not in known:
            known[name, bundle.relation] = self._body(name, bundle)
        return dict(known[name, bundle.relation])

    def _body(self, name: str, bundle: Bundle) -> dict[str, Any]:
        row = WEB[name]
        given = {key: self._value(key, value, row, bundle) for key, value in row.given.items()}
        return given if row.is_button else {**self._form_values(name, row, bundle), **given}

    def _value(self, key: str, value: Any, row: Row, bundle: Bundle) -> Any:
        if value != "?":
            return self.meant(value, bundle)
        return str(self.version(row.kind, bundle))

    def version(self, kind: str, bundle: Bundle) -> int:
        """Return the version of the record as it is now, 1 where there is none."""
        found = apps.get_model(MODELS[kind])._base_manager.filter(pk=bundle[kind]).values_list("version", flat=True)
        return found.first() or 1

    def _form_values(self, name: str, row: Row, bundle: Bundle) -> dict[str, Any]:
        url = self.url(name, bundle, row)
        for who in (row.prove[0], bundle.owner, *OPENERS):
            page = self.browser(who).get(url) if who in self.world.actors else None
            if page is not None and page.status_code == 200:
                form = main_form(page.content.decode(), url.partition("?")[0])
                values = form.values() if form else {}
                return {key: value for key, value in values.items() if not key.endswith(NOT_SENT)}
        own = self.world.bundles["own"]
        return {} if bundle is own else self._form_values(name, row, own)

    def call(
        self, who: str, method: str, url: str, data: dict[str, Any] | None = None, *, is_htmx: bool = False
    ) -> Any:
        """Send one request of a browser."""
        headers = {"HX-Request": "true"} if is_htmx else {}
        client = self.browser(who)
        if method == "POST":
            return _read(client.post(url, data or {}, headers=headers))
        return _read(client.generic(method, url, headers=headers))

    # --- the API

    def api(self, token: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send one request of a program; without a token as a stranger."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        data = json.dumps(body) if body is not None else ""
        kind = "application/json" if data else ""
        return Client(raise_request_exception=False).generic(method, path, data, content_type=kind, headers=sent)
