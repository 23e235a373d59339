"""The REST API below /api/v1: one router for each area over the same operations that the pages call."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from openpsm.api import (
    accounts,
    activities,
    alerts,
    approvals,
    arbitrations,
    auth,
    comments,
    contacts,
    contenders,
    criteria,
    definitions,
    departments,
    diagnosis,
    docs,
    duplicates,
    evaluations,
    funnel,
    gate_reviews,
    handover,
    intelligence,
    losing,
    moves,
    pool,
    problems,
    products,
    projects,
    registrations,
    stakeholders,
    users,
    work,
)
from openpsm.api.answers import Renderer
from openpsm.api.auth import bearer
from openpsm.api.description import DescribedAPI
from openpsm.api.parsing import StrictParser


class Api(DescribedAPI):
    """Adds the page of documentation, and JSON answers for addresses and methods that do not exist."""

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        patterns = [_in_json(pattern) for pattern in super()._get_urls()]
        page = path("docs", docs.page_for(self), name="docs")
        return [page, *patterns, re_path(r"", csrf_exempt(problems.not_found), name="nothing")]


def _in_json(pattern: URLPattern | URLResolver) -> URLPattern | URLResolver:
    if isinstance(pattern, URLPattern):
        pattern.callback = _with_json_refusal(pattern.callback)
    return pattern


def _with_json_refusal(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer a method that the address does not know as a problem too.

    No operation takes a cookie (see auth), hence there is no form whose origin would have to be proven.
    """

    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        told = auth.notice_of(request)
        if told:
            response.headers["OpenPSM-Notice"] = told
        if response.status_code != 405:
            return response
        refusal = problems.problem(405, "method-not-allowed", _("This address does not know the method."))
        refusal.headers["Allow"] = response.headers["Allow"]
        return refusal

    return answered


api = Api(
    title="OpenPSM",
    version="1",
    description="Reads and writes what the token's user may read and write in the browser, by the same rules.",
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
    auth=bearer,
    renderer=Renderer(),
    parser=StrictParser(),
)
problems.install(api)
for _router, _prefix in (
    (accounts.router, "accounts"),
    (duplicates.router, "accounts"),
    (alerts.router, "alerts"),
    (losing.router, ""),
    (activities.router, "activities"),
    (approvals.router, "approvals"),
    (comments.router, "comments"),
    (contacts.router, "contacts"),
    (contenders.router, "contenders"),
    (criteria.router, "criteria"),
    (definitions.custom_fields, "custom-fields"),
    (definitions.processes, "processes"),
    (departments.router, "departments"),
    (handover.router, "handover"),
    (diagnosis.router, "projects"),
    (evaluations.on_project, "projects"),
    (evaluations.router, "evaluations"),
    (funnel.router, "funnel"),
    (gate_reviews.router, "gate-reviews"),
    (intelligence.router, "intelligence"),
    (moves.router, "projects"),
    (products.router, "products"),
    (projects.router, "projects"),
    (arbitrations.router, "registrations/arbitrations"),
    (pool.router, "registrations/pool"),
    (registrations.router, "registrations"),
    (stakeholders.router, "stakeholders"),
    (users.router, "users"),
    (work.day, "today"),
    (work.notifications, "notifications"),
    (work.tasks, "tasks"),
):
    api.add_router(_prefix, _router)
