"""The class of every field of this package: whoever sees a project reads all of it but the program's own keys."""

from __future__ import annotations

from openpsm.org.field_rules import classify


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    classify(
        "projects.Project",
        open="id name account owner department process_version stage stage_entered_at stage_due_on step step_on "
        "step_source outcome outcome_at is_finished is_on_hold hold_until amount amount_currency possibility "
        "possibility_reason probability grade is_grade_pinned grade_reason is_contact_lowered purchasing_form "
        "tender_on tender_source order_on tender_number boss_attitude boss_attitude_source is_non_standard "
        "entry_stage region site product_line news_on news_source note next_step next_on is_stalled is_indebted "
        "is_unevaluated custom version "
        "created_at updated_at created_by",
        internal="strict_key sort_key search_text deleted_at",
    )
    classify(
        "projects.ProjectTotal",
        open="id owner department stage state currency count amount weighted stalled indebted unevaluated stepless",
    )
    classify("projects.ProjectGram", internal="id gram project")
    classify("projects.ProjectMember", open="id project user role")
    classify("projects.Party", open="id project account role note")
    classify("projects.ProjectProduct", open="id project product quantity note")
    classify(
        "projects.ClosingReport",
        open="id project outcome reason reason_text winner winner_amount winner_currency destination revisit_on "
        "hours_spent by at reopened_at",
    )
    classify(
        "projects.GateReview",
        open="id project stage outcome reason missing warnings facts evidence probability_before probability_after "
        "source by at",
    )
    classify("projects.Debt", open="id project review stage node_key settled_at")
    classify(
        "projects.Confirmation",
        open="id project kind key evidence attachment activity_id by at withdrawn_at withdrawn_by withdrawn_reason",
    )
    classify("projects.StageVisit", open="id project stage entered_at left_at")
    classify("projects.ProjectFacts", open="project answers as_of turns_on")
