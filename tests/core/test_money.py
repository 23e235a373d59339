"""Money: read, stored, summed and split without losing a cent."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from django.apps.registry import Apps
from django.core.exceptions import FieldError, ValidationError
from django.db import connection, models, transaction
from django.db.models import Avg, F, Sum
from django.utils import translation
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from openpsm.core.money import MoneyField, QuantityField, format_amount, parse_amount, split

AMOUNTS = st.decimals(min_value=-(10**12), max_value=10**12, places=2)
SAME_TABLE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)


class Line(models.Model):
    """A table of the tests: an amount, another one, and a quantity."""

    amount = MoneyField(null=True)
    cost = MoneyField(default=Decimal(0))
    quantity = QuantityField(default=Decimal(1))

    objects: ClassVar[models.Manager[Any]]

    class Meta:
        app_label = "core_money_test"
        apps = Apps()


@pytest.fixture(scope="module", autouse=True)
def _table(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(Line)
        yield
        with connection.schema_editor() as editor:
            editor.delete_model(Line)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("240万", "2400000"),
        ("1.2亿", "120000000"),
        ("1亿2000万", "120000000"),
        ("3千万元", "30000000"),
        ("1,200,000.00", "1200000"),
        ("１２０，０００．５", "120000.5"),
        ("¥300", "300"),
        ("人民币 240 万元整", "2400000"),
        ("240W", "2400000"),
        ("RMB 15k", "15000"),
        ("(300)", "-300"),
        ("-3.5", "-3.5"),
        ("+7", "7"),
        (".5", "0.5"),
        ("0", "0"),
        ("1.23456万", "12345.6"),
        ("约3万", "30000"),
    ],
)
def test_amount_is_read_as_people_write_it(text: str, amount: str) -> None:
    assert parse_amount(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "abc",
            "万",
            "1,2",
            "12,00",
            "1.200,00",
            "1万2亿",
            "1万2万",
            "0.001",
            "1.2.3",
            "1e5",
            "NaN",
            "Infinity",
        ),
        *("--5", "((5))", "5-", "1 2a", "9" * 40, "1" * 200, "12万万", "\x00", "\ud800", "½"),
    ],
)
def test_unclear_amount_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        parse_amount(text)


@given(st.text(max_size=30))
def test_reading_an_amount_never_fails_in_another_way(text: str) -> None:
    try:
        amount = parse_amount(text)
    except ValidationError:
        return
    assert amount == amount.quantize(Decimal("0.01"))


@given(AMOUNTS)
def test_written_amount_reads_back(amount: Decimal) -> None:
    assert parse_amount(format_amount(amount, "CNY")) == amount


def test_amount_is_written_in_both_units() -> None:
    assert [
        format_amount(Decimal("-1234567.5"), "CNY"),
        format_amount(Decimal("1234567.5"), "USD"),
        format_amount(Decimal("2400000"), "CNY", "wan"),
    ] == ["-¥1,234,567.50", "USD 1,234,567.50", "¥240 ×10k"]


@given(amount=AMOUNTS, weights=st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any))
@example(amount=Decimal("0.01"), weights=[1, 1, 1])
def test_parts_of_an_amount_add_up_to_it(amount: Decimal, weights: list[int]) -> None:
    parts = split(amount, [Decimal(weight) for weight in weights])
    exact = [amount * weight / sum(weights) for weight in weights]
    assert sum(parts) == amount
    assert all(abs(part - share) < Decimal("0.0100001") for part, share in zip(parts, exact, strict=True))


@SAME_TABLE
@given(amounts=st.lists(AMOUNTS, min_size=1, max_size=20))
def test_stored_amounts_come_back_in_order_and_sum_up(db: None, amounts: list[Decimal]) -> None:
    Line.objects.all().delete()
    Line.objects.bulk_create([Line(amount=amount) for amount in amounts])
    assert list(Line.objects.order_by("amount").values_list("amount", flat=True)) == sorted(amounts)
    assert Line.objects.aggregate(total=Sum("amount"))["total"] == sum(amounts)
    assert Line.objects.filter(amount__gte=amounts[0]).count() == len([one for one in amounts if one >= amounts[0]])


def test_columns_of_money_are_added_and_averaged_in_the_database(db: None) -> None:
    Line.objects.bulk_create([Line(amount=Decimal("10.05"), cost=Decimal("0.10")), Line(amount=Decimal("10.00"))])
    rows = Line.objects.order_by("pk").annotate(margin=F("amount") - F("cost"))
    assert list(rows.values_list("margin", flat=True)) == [Decimal("9.95"), Decimal("10.00")]
    assert Line.objects.aggregate(mean=Avg("amount"))["mean"] == Decimal("10.03")  # 10.025, half up
    assert Line.objects.none().aggregate(total=Sum("amount", default=Decimal(0)))["total"] == Decimal(0)
    Line.objects.filter(cost=0).update(cost=F("cost") + F("amount"))
    assert Line.objects.get(amount=10).cost == Decimal("10.00")


@pytest.mark.parametrize("mixed", [F("amount") + F("quantity"), F("amount") * 2, F("amount") + Decimal("1.5")])
def test_mixing_money_with_other_numbers_in_the_database_is_refused(db: None, mixed: Any) -> None:
    with pytest.raises(FieldError):
        list(Line.objects.annotate(mixed=mixed).values_list("mixed"))


@pytest.mark.parametrize("bad", [Decimal("0.001"), 1.5, True, "x", Decimal("NaN"), Decimal("inf"), 10**14, "1,5", []])
def test_bad_amounts_are_never_stored_or_looked_up(db: None, bad: Any) -> None:
    with pytest.raises(ValidationError), transaction.atomic():
        Line.objects.create(amount=bad)
    with pytest.raises(ValidationError):
        Line.objects.filter(amount=bad).exists()
    assert Line.objects.count() == 0


@pytest.mark.parametrize("field", [MoneyField(), QuantityField()])
def test_limits_of_the_columns_fit_and_go_through_a_form(field: Any) -> None:
    form_field = field.formfield()
    assert form_field.clean(str(field.limit)) == field.limit
    assert field.get_prep_value(field.limit) < 2**63 // 900
    with pytest.raises(ValidationError):
        form_field.clean(str(field.limit + 1))


def test_refusal_of_an_amount_is_translated_late() -> None:
    with pytest.raises(ValidationError) as caught:
        parse_amount("many")
    with translation.override("en"):
        assert caught.value.messages == ["“many” is not an amount."]
