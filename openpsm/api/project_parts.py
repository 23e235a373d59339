"""What hangs on a project as the API shows it, read in one statement."""

from operator import itemgetter
from typing import Any

from django.db.models import CharField, F, Model, QuerySet, Value
from django.db.models.functions import Cast

from openpsm.core.money import QuantityField
from openpsm.projects.models import Party, ProjectMember, ProjectProduct

Row = dict[str, Any]

_EMPTY = {
    "part_role": Value("", CharField()),
    "part_note": Value("", CharField()),
    "part_unit": Value("", CharField()),
    "part_quantity": Cast(Value(None), QuantityField()),
}


def parts_of(project_id: int) -> Row:
    """Read parties, team and products of a project, each in the order of entry (1 query)."""
    parties = _part("party", Party, project_id, "account", part_role=F("role"), part_note=F("note"))
    team = _part("member", ProjectMember, project_id, "user", part_role=F("role"))
    wanted = {"part_note": F("note"), "part_unit": F("product__unit"), "part_quantity": F("quantity")}
    products = _part("product", ProjectProduct, project_id, "product", **wanted)
    found = sorted(parties.union(team, products, all=True), key=itemgetter("part_id"))
    return {
        "parties": [_party(part) for part in found if part["part"] == "party"],
        "team": [_member(part) for part in found if part["part"] == "member"],
        "products": [_product(part) for part in found if part["part"] == "product"],
    }


def _part(kind: str, model: type[Model], project_id: int, to: str, **columns: F) -> QuerySet[Any, Row]:
    named = {"part": Value(kind, CharField()), "part_id": F("id"), "to": F(f"{to}_id"), "name": F(f"{to}__name")}
    rows: QuerySet[Any] = model._default_manager.filter(project=project_id).order_by()
    named_rows: QuerySet[Any, Row] = rows.annotate(**named, **{**_EMPTY, **columns}).values(*named, *_EMPTY)
    return named_rows


def _party(part: Row) -> Row:
    shown = {"id": part["part_id"], "account_id": part["to"], "name": part["name"]}
    return {**shown, "role": part["part_role"], "note": part["part_note"]}


def _member(part: Row) -> Row:
    return {"user_id": part["to"], "name": part["name"], "role": part["part_role"]}


def _product(part: Row) -> Row:
    shown = {"product_id": part["to"], "name": part["name"], "unit": part["part_unit"]}
    return {**shown, "quantity": part["part_quantity"], "note": part["part_note"]}
