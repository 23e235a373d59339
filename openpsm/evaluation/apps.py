"""Application set-up of `evaluation`."""

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "openpsm.evaluation"
    label = "evaluation"

    def ready(self) -> None:
        from openpsm.evaluation import facts, fields, links  # noqa: F401  # registers; models must be loaded

        fields.declare_all()
        links.declare_all()
