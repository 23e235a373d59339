"""Customers and everybody else who has a part in a sale: companies, their people, and rivals.

Rules: docs/business-rules.md#registration, docs/business-rules.md#field-classes
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.querysets import (
    AccountQuerySet,
    CompetitorQuerySet,
    ContactQuerySet,
    LossRecordQuerySet,
    VolumeQuerySet,
)
from openpsm.core.money import MoneyField, QuantityField, default_currency
from openpsm.core.text import SortKeyField
from openpsm.core.versions import Versioned
from openpsm.org.models import Department

MARK_LENGTH = 220


class AccountKind(models.TextChoices):
    """What a company or public body mainly is to us."""

    BUYER = "buyer", _("buyer")
    END_USER = "end_user", _("end user")
    DESIGN = "design_institute", _("design institute")
    CONTRACTOR = "contractor", _("general contractor")
    DEALER = "dealer", _("dealer")
    OEM = "oem", _("OEM")
    SUPPLIER = "supplier", _("supplier")
    AGENCY = "agency", _("tender agency")
    PUBLIC = "public_body", _("public body")


class Account(Versioned):
    """A company or public body. Without owner it is in the public pool, or `is_unassigned` after a take-over.

    `pooled_at` says since when it lies in the pool.

    One that turned out to be another account twice is `merged_into` that one: deleted, in no recycle bin, and its
    address leads there. Rule: docs/business-rules.md#merging
    """

    name = models.CharField(_("full name"), max_length=200)
    strict_key = models.CharField(max_length=200, db_index=True)
    sort_key = SortKeyField()
    search_text = models.TextField(default="")
    short_name = models.CharField(_("short name"), max_length=60, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=AccountKind, default=AccountKind.BUYER)
    uscc = models.CharField(_("unified social credit code"), max_length=30, blank=True, db_index=True)
    country = models.CharField(_("country"), max_length=2, default="CN")
    region = models.CharField(_("region"), max_length=6, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    industry = models.CharField(_("industry"), max_length=5, blank=True)
    domain = models.CharField(_("web domain"), max_length=100, blank=True, db_index=True)
    phone = models.CharField(_("switchboard"), max_length=40, blank=True)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, verbose_name=_("parent company"))
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="accounts")
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    is_unassigned = models.BooleanField(default=False)
    pooled_at = models.DateTimeField(null=True, editable=False)
    note = models.TextField(_("note"), blank=True)
    custom = models.JSONField(default=dict, blank=True)
    deleted_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", models.CASCADE, null=True, related_name="+", editable=False)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("account")
        indexes: ClassVar = [
            models.Index(fields=["sort_key", "id"], name="account_by_name"),
            models.Index(fields=["owner", "sort_key", "id"], name="account_by_owner"),
            models.Index(fields=["department", "sort_key", "id"], name="account_by_department"),
            models.Index(fields=["-created_at", "-id"], name="account_newest"),
            models.Index(fields=["-deleted_at"], name="account_in_bin", condition=models.Q(deleted_at__isnull=False)),
            models.Index(
                fields=["-pooled_at", "-id"], name="account_in_pool", condition=models.Q(pooled_at__isnull=False)
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(pooled_at=None) | models.Q(owner=None, is_unassigned=False),
                name="account_in_pool_has_no_owner",
            ),
            models.CheckConstraint(
                condition=models.Q(is_unassigned=False) | models.Q(owner=None), name="unassigned_account_has_no_owner"
            ),
            models.CheckConstraint(
                condition=models.Q(parent=None) | ~models.Q(parent=models.F("id")), name="account_not_its_own_parent"
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into=None) | models.Q(deleted_at__isnull=False),
                name="merged_account_is_deleted",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AccountName(models.Model):
    """Another name of an account: short, former, English or simply seen somewhere."""

    class Kind(models.TextChoices):
        SHORT = "short", _("short name")
        FORMER = "former", _("former name")
        ENGLISH = "english", _("English name")
        ALIAS = "alias", _("other spelling")

    class Source(models.TextChoices):
        TYPED = "typed", _("entered by hand")
        IMPORT = "import", _("from an import")
        REGISTRATION = "registration", _("confirmed while registering")
        ARBITRATION = "arbitration", _("decided between two claims")
        MERGE = "merge", _("from a merge")

    account = models.ForeignKey(Account, models.CASCADE, related_name="names")
    name = models.CharField(max_length=200)
    strict_key = models.CharField(max_length=200, db_index=True)
    kind = models.CharField(max_length=10, choices=Kind)
    source = models.CharField(_("how it became known"), max_length=20, choices=Source, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "strict_key"], name="account_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class AccountGram(models.Model):
    """Two neighbouring characters of an account's names: finds parts of Chinese names from two characters up.

    The order (gram, account) is what both databases scan, whatever their trigram support. The account is written with
    its pairs and deleted with them; the database does not check it again for each of the forty rows.
    """

    gram = models.CharField(max_length=2)
    account = models.ForeignKey(Account, models.CASCADE, related_name="grams", db_index=False, db_constraint=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gram", "account"], name="account_gram_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["account"], name="account_gram_account")]

    def __str__(self) -> str:
        return self.gram


class AccountMark(models.Model):
    """What points to one account by equality alone: `name:…`, `plain:…` (see `names.CompanyName`), `uscc:…`,
    `phone:…`, `email:…`, `domain:…`; and what leads to accounts worth comparing (see `rules.leading_marks`).

    Those of a contact go with the contact. Never shown: it only answers whether a claim means this account.
    """

    mark = models.CharField(max_length=MARK_LENGTH)
    account = models.ForeignKey(Account, models.CASCADE, related_name="marks")
    contact = models.ForeignKey("accounts.Contact", models.CASCADE, null=True, related_name="marks")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "mark"], condition=models.Q(contact=None), name="account_mark_once"
            ),
            models.UniqueConstraint(fields=["contact", "mark"], name="contact_mark_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["mark", "account"], name="account_mark_account")]

    def __str__(self) -> str:
        return self.mark


class AccountMember(models.Model):
    """Who works on an account beside its owner; the owner is always a member too."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="account_links")
    is_owner = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "account"], name="account_member_once"),
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(is_owner=True), name="account_has_one_owner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} on account {self.account_id}"


class Contact(Versioned):
    """A person at an account. Phone, mail and chat name are shown to members of the account or its projects only."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="contacts")
    name = models.CharField(_("name"), max_length=60)
    sort_key = SortKeyField()
    title = models.CharField(_("post"), max_length=100, blank=True)
    unit = models.CharField(_("department"), max_length=100, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    mobile = models.CharField(_("mobile phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    chat_name = models.CharField(_("WeChat"), max_length=60, blank=True)
    note = models.TextField(_("note"), blank=True)
    purpose = models.CharField(_("why we keep this person's data"), max_length=200, blank=True)
    custom = models.JSONField(default=dict, blank=True)
    erased_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        indexes: ClassVar = [
            models.Index(fields=["account", "sort_key", "id"], name="contact_by_account"),
            models.Index(fields=["sort_key", "id"], name="contact_by_name", condition=models.Q(deleted_at=None)),
            models.Index(fields=["-deleted_at"], name="contact_in_bin", condition=models.Q(deleted_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name


class Competitor(Versioned):
    """A rival company, known to all sellers."""

    name = models.CharField(_("name"), max_length=200)
    strict_key = models.CharField(max_length=200, unique=True)
    sort_key = SortKeyField()
    note = models.TextField(_("note"), blank=True)

    objects = CompetitorQuerySet.as_manager()

    class Meta:
        verbose_name = _("competitor")

    def __str__(self) -> str:
        return self.name


class AccountVolume(Versioned):
    """What an account took in one month (`month` is its first day), of one product or (no code) of everything.

    `product` is the product's code; `amount` includes tax; `source` says which file brought it.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="volumes")
    month = models.DateField(_("month"))
    product = models.CharField(_("product"), max_length=40, blank=True)
    quantity = QuantityField(_("quantity"))
    unit = models.CharField(_("unit"), max_length=20)
    amount = MoneyField(_("amount"), null=True, blank=True)
    amount_currency = models.CharField(max_length=3, default=default_currency)
    source = models.CharField(_("source"), max_length=200, blank=True)

    objects = VolumeQuerySet.as_manager()

    class Meta:
        verbose_name = _("monthly volume")
        indexes: ClassVar = [models.Index(fields=["month", "account"], name="account_volume_by_month")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "month", "product"], name="account_volume_once"),
            models.CheckConstraint(condition=models.Q(month__day=1), name="account_volume_of_a_month"),
            models.CheckConstraint(condition=models.Q(quantity__gte=0), name="account_volume_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.month:%Y-%m}"


class LossReason(models.TextChoices):
    """Why a customer left."""

    PRICE = "price", _("price")
    QUALITY = "quality", _("quality")
    DELIVERY = "delivery", _("delivery")
    TERMS = "terms", _("payment terms")
    RELATION = "relation", _("relation with another supplier")
    NO_NEED = "no_need", _("no need any more")
    CREDIT = "credit", _("we stopped: credit")
    OTHER = "other", _("something else")


class LossRecord(Versioned):
    """The follow-up form of a lost customer (客户跟踪记录表).

    It stands from the day on which somebody judged the customer lost: until it is reported it is owed, by `due_on`.
    `price` is the winner's price for a unit, tax included. One stands per account at a time.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="losses")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("judged lost"))
    due_on = models.DateField(_("due on"))
    lost_on = models.DateField(_("lost on"), null=True, blank=True)
    reason = models.CharField(_("main reason"), max_length=20, choices=LossReason, blank=True)
    reason_text = models.TextField(_("in your own words"), blank=True)
    destination = models.CharField(_("where the customer went"), max_length=200, blank=True)
    winner = models.ForeignKey(Competitor, models.PROTECT, null=True, related_name="+")
    price = QuantityField(_("the winner's price"), null=True, blank=True)
    price_currency = models.CharField(max_length=3, default=default_currency)
    price_unit = models.CharField(_("price unit"), max_length=20, blank=True)
    reported_at = models.DateTimeField(null=True)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = LossRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("lost customer")
        indexes: ClassVar = [models.Index(fields=["-reported_at"], name="loss_by_report")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(withdrawn_at=None), name="one_standing_loss"
            ),
            models.CheckConstraint(
                condition=models.Q(reported_at=None)
                | (~models.Q(reason="") & ~models.Q(destination="") & models.Q(lost_on__isnull=False)),
                name="reported_loss_says_why_and_where",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.reason}"


class Industry(models.Model):
    """A class of GB/T 4754-2017 (国民经济行业分类)."""

    code = models.CharField(max_length=5, primary_key=True)
    name = models.CharField(max_length=100)
    parent_code = models.CharField(max_length=5, blank=True)
    level = models.PositiveSmallIntegerField()
    search_text = models.TextField(default="")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Division(models.Model):
    """A province, city or county of China (行政区划), by its six-digit code."""

    code = models.CharField(max_length=6, primary_key=True)
    name = models.CharField(max_length=60)
    full_name = models.CharField(max_length=120)
    parent_code = models.CharField(max_length=6, blank=True)
    level = models.PositiveSmallIntegerField()
    search_text = models.TextField(default="")

    def __str__(self) -> str:
        return self.full_name
