"""Application set-up of `evaluation`."""

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "openpsm.evaluation"
    label = "evaluation"
