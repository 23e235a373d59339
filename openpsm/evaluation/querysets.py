"""Which evaluations: they follow their project."""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models

if TYPE_CHECKING:
    from openpsm.org.models import User


class EvaluationQuerySet(models.QuerySet[Any]):
    """Whatever belongs to the evaluation of a project."""

    def visible_to(self, user: "User") -> "EvaluationQuerySet":
        projects = apps.get_model("projects", "Project")._default_manager.all()
        return self.filter(project__in=projects.visible_to(user))
