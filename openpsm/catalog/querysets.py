"""Which products."""

from typing import TYPE_CHECKING, Any

from django.db import models

from openpsm.core.text import fold

if TYPE_CHECKING:
    from openpsm.org.models import User


class ProductQuerySet(models.QuerySet[Any]):
    """Products are seen by all staff."""

    def visible_to(self, user: "User") -> "ProductQuerySet":
        return self if user.is_active else self.none()

    def matching(self, text: str) -> "ProductQuerySet":
        return self.filter(search_text__contains=fold(text)) if fold(text) else self
