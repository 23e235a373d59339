"""Products: name, code and unit. Prices, costs and floor prices come with quotes."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from openpsm.catalog.querysets import ProductQuerySet
from openpsm.core.text import SortKeyField
from openpsm.core.versions import Versioned


class Product(Versioned):
    """Something we sell. `line` is the product line, by which projects are told apart in collisions."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    sort_key = SortKeyField()
    search_text = models.TextField(default="")
    line = models.CharField(_("product line"), max_length=60, blank=True)
    unit = models.CharField(_("unit"), max_length=20)
    is_active = models.BooleanField(_("on sale"), default=True)
    custom = models.JSONField(default=dict, blank=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        indexes: ClassVar = [models.Index(fields=["sort_key", "id"], name="product_by_name")]

    def __str__(self) -> str:
        return self.name
