"""What the framework itself costs here: Django that answers the same questions by bare SQL over the same rows.

Sessions, log-in and persistent connections as a real product has them, but no permissions, no forms, no rules, no
chain of events, no idempotency. Served by the same web server with as many workers as OpenPSM:

    BARE_DATABASE_URL=... granian --interface wsgi --workers 2 bench.bare_django:application
"""

from __future__ import annotations

import json
import os
import urllib.parse
from typing import Any

import django
from django.conf import settings

from bench import questions

_CELLS = (
    "<td><a href='/p/{{ r.id }}'>{{ r.name }}</a><div>{{ r.account_name }}</div></td><td>{{ r.stage_name }}</td>"
    "<td>{{ r.grade }}</td><td>{{ r.amount }}</td><td>{{ r.probability }}%</td><td>{{ r.tender_on|date:'Y-m-d' }}</td>"
    "<td>{{ r.next_step }} {{ r.next_on|date:'Y-m-d' }}</td><td>{{ r.owner_name }}</td>"
)
_ACCOUNT_CELLS = (
    "<td><a href='/a/{{ r.id }}'>{{ r.name }}</a><div>{{ r.short_name }}</div></td><td>{{ r.kind }}</td>"
    "<td>{{ r.region }}</td><td>{{ r.owner_name }}</td><td>{{ r.created_at|date:'Y-m-d' }}</td>"
)
_FRAME = (
    "<!doctype html><html><head><meta charset=utf-8><title>{{ title }}</title></head><body><nav>{{ user.username }}"
    "</nav><p>{{ total }}</p>%s</body></html>"
)
_TABLE = "<table>{%% for r in rows %%}<tr>%s</tr>{%% endfor %%}</table>"
_TEMPLATES = {
    "list.html": _FRAME % (_TABLE % _CELLS),
    "accounts.html": _FRAME % (_TABLE % _ACCOUNT_CELLS),
    "project.html": _FRAME % "<dl>{% for k, v in project.items %}<dt>{{ k }}</dt><dd>{{ v }}</dd>{% endfor %}</dl>"
    "{% for part in parts %}<ul>{% for row in part %}<li>{{ row|join:' ' }}</li>{% endfor %}</ul>{% endfor %}",
}
_url = urllib.parse.urlsplit(os.environ["BARE_DATABASE_URL"])
settings.configure(
    SECRET_KEY="bare",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _url.path[1:],
            "USER": _url.username or "",
            "HOST": urllib.parse.unquote(_url.hostname or _url.netloc.rpartition("@")[2]),
            "CONN_MAX_AGE": None,
            "OPTIONS": {"options": "-c search_path=bare,public"},
        }
    },
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    (
                        "django.template.loaders.cached.Loader",
                        [("django.template.loaders.locmem.Loader", _TEMPLATES)],
                    )
                ]
            },
        }
    ],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
)
django.setup()

from django.contrib.auth import authenticate, login  # noqa: E402 - needs the settings
from django.contrib.auth.decorators import login_required  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402


def ask(sql: str, **values: Any) -> list[tuple[Any, ...]]:
    named = sql.replace("%", "%%").format_map({name: f"%({name})s" for name in values})
    with connection.cursor() as cursor:
        cursor.execute(named, values)
        return cursor.fetchall() if cursor.description else []


def as_dicts(rows: list[tuple[Any, ...]], names: tuple[str, ...] = questions.NAMES) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def sign_in(request: HttpRequest) -> HttpResponse:
    login(request, authenticate(username=request.GET["u"], password="x"))
    return HttpResponse("ok")


def found(request: HttpRequest) -> tuple[list[dict[str, Any]], int | None]:
    g = request.GET
    if "stage" in g:
        rows, total = ask(questions.STAGE, stage=g["stage"]), ask(questions.STAGE_COUNT, stage=g["stage"])
    elif "amount" in g:
        return as_dicts(ask(questions.DEEP, amount=g["amount"])), None
    else:
        rows, total = ask(questions.DEPARTMENT, path=g["path"]), ask(questions.DEPARTMENT_COUNT, path=g["path"])
    return as_dicts(rows), total[0][0]


@login_required
def page(request: HttpRequest) -> HttpResponse:
    rows, total = found(request)
    return render(request, "list.html", {"title": "list", "rows": rows, "user": request.user, "total": total})


@login_required
def api_list(request: HttpRequest) -> HttpResponse:
    rows, total = found(request)
    return JsonResponse({"user": request.user.username, "items": rows, "count": total})


def whole(pk: int) -> dict[str, Any]:
    parts = [ask(sql, id=pk) for sql in questions.PARTS]
    return {**as_dicts(ask(questions.ONE, id=pk))[0], "parts": parts}


@login_required
def api_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return JsonResponse({"user": request.user.username, **whole(pk)})


@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    project = whole(pk)
    parts = [*project.pop("parts"), ask(questions.ACTIVITIES, id=pk)]
    return render(request, "project.html", {"title": "p", "project": project, "parts": parts, "user": request.user})


@csrf_exempt
@login_required
def create(request: HttpRequest) -> HttpResponse:
    given = json.loads(request.body)
    values = {"name": given["name"], "account": given["account_id"], "owner": given["owner_id"]}
    with transaction.atomic():
        values["id"] = ask(questions.CREATE[0], **values)[0][0]
        for sql in questions.CREATE[1:]:
            ask(sql, **values)
    return JsonResponse({"user": request.user.username, **whole(values["id"])})


@csrf_exempt
@login_required
def move(request: HttpRequest, pk: int) -> HttpResponse:
    given = json.loads(request.body)
    with transaction.atomic():
        for sql in questions.MOVE:
            ask(sql, id=pk, stage=given["stage"])
    return JsonResponse({"user": request.user.username, **whole(pk)})


def accounts(request: HttpRequest) -> list[dict[str, Any]]:
    return as_dicts(ask(questions.SEARCH, gram=request.GET["q"]), questions.ACCOUNT_NAMES)


@login_required
def api_search(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"user": request.user.username, "items": accounts(request)})


@login_required
def search(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts.html", {"title": "accounts", "rows": accounts(request), "user": request.user})


@csrf_exempt
@login_required
def check(request: HttpRequest) -> HttpResponse:
    name = json.loads(request.body)["name"]
    alike = ask(questions.ALIKE, grams=[name[index : index + 2] for index in range(len(name) - 1)])
    rows = ask("select id, name from accounts_account where id = any({ids})", ids=[row[0] for row in alike])
    return JsonResponse({"user": request.user.username, "hits": rows})


urlpatterns = [
    path("in", sign_in),
    path("list", page),
    path("api/list", api_list),
    path("p/<int:pk>", detail),
    path("api/p/<int:pk>", api_detail),
    path("api/create", create),
    path("api/move/<int:pk>", move),
    path("search", search),
    path("api/search", api_search),
    path("api/check", check),
]
application = get_wsgi_application()


def prepare(users: int) -> None:
    """Make the tables of Django's own apps and users u001 … in the schema `bare`."""
    from django.contrib.auth.models import User
    from django.core.management import call_command

    with connection.cursor() as cursor:
        for sql in questions.SCHEMA:
            cursor.execute(sql)
    connection.close()
    call_command("migrate", verbosity=0)
    for number in range(1, users + 1):
        User.objects.create_user(f"u{number:03d}", password="x")


if __name__ == "__main__":
    prepare(16)
