"""The class of every field of this package: a process is no secret to anybody who works by it."""

from __future__ import annotations

from openpsm.org.field_rules import classify


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    classify(
        "process.Process",
        open="id key name description is_default is_active version created_at updated_at created_by",
    )
    classify("process.ProcessVersion", open="id process number published_at")
    classify("process.ProcurementStep", open="id version key position name description decision_step")
    classify(
        "process.Stage",
        open="id version key position step name goal guidance questions expected_days expected_role "
        "is_won_gate is_final",
    )
    classify("process.WorkItem", open="id stage key position title how")
    classify(
        "process.KeyNode",
        open="id stage key position kind check_name params expression label why todo place is_warning",
    )
