"""The class of every field of this package: all that one reads of a project one reads of its evaluations.

Rule: docs/business-rules.md#field-classes
"""

from openpsm.org.field_rules import classify

VERSIONED = " version created_at updated_at created_by "


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    classify("evaluation.EvaluationModel", open="id key name is_default" + VERSIONED)
    classify("evaluation.EvaluationModelVersion", open="id model number content published_at")
    classify(
        "evaluation.Evaluation",
        open="id project model_version answers hard remarks score low high is_passed knock_outs gaps decision "
        "decision_reason decided_by decided_at hours_spent cost_spent cost_currency by at",
    )
    classify("evaluation.Qualification", open="id project has_need can_pay has_good_name note" + VERSIONED)
