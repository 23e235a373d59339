"""Shapes shared by all areas. Input is strict: unknown members, wrong types, endless texts and NUL are refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Choices
from django.urls import register_converter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")
MAX_ID = 10**18 - 1
NO_NUL = r"^[^\u0000]*$"


class IdConverter:
    """A record's number in an address; a longer one does not exist and shall not reach the database."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(IdConverter, "id")


@dataclass(frozen=True)
class OneOf:
    """A member of `Annotated` that allows the stored values of some choices and nothing else."""

    choices: type[Choices]

    def __get_pydantic_core_schema__(self, _source: object, _handler: object) -> CoreSchema:
        return core_schema.literal_schema([choice.value for choice in self.choices])


class OneOfText:
    """A member of `Annotated` that allows these texts and nothing else."""

    def __init__(self, *values: str) -> None:
        self.values = list(values)

    def __get_pydantic_core_schema__(self, _source: object, _handler: object) -> CoreSchema:
        return core_schema.literal_schema(self.values)


def sorts(*names: str) -> Any:
    """Describe the sorts of a list; an unknown one is answered with 400 and not with 422, hence no validation."""
    info: FieldInfo = Field(max_length=60, json_schema_extra={"enum": [*names, *(f"-{name}" for name in names)]})
    return info


Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Line = Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
Short = Annotated[str, StringConstraints(max_length=60, pattern=NO_NUL)]
Long = Annotated[str, StringConstraints(max_length=10_000, pattern=NO_NUL)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=NO_NUL)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.:-]{0,119}$")]
#: Keys of possible hits that somebody has looked at and found to be another record.
Hits = Annotated[list[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{20}$")]], Field(max_length=200)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Percent = Annotated[int, Field(ge=0, le=100)]
Attitude = Annotated[int, Field(ge=-2, le=2)]


def _decimal(places: int) -> Callable[[object], Decimal]:
    def read(value: object) -> Decimal:
        if isinstance(value, Decimal):
            return value
        whole, _dot, part = value.partition(".") if isinstance(value, str) else ("", "", "")
        is_plain = whole.isdigit() and whole.isascii() and (part.isdigit() and part.isascii() if _dot else not part)
        if not is_plain or len(whole) > 12 or len(part) > places:
            raise ValueError(f'a decimal number as text with at most {places} places, such as "1200000.00"')
        return Decimal(str(value))

    return read


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or len(value) != 10 or not "1900-01-01" <= value <= "2199-12-31":
        raise ValueError("a day between 1900 and 2199 as YYYY-MM-DD")
    return date.fromisoformat(value)


def _flag(value: object) -> bool:
    if value not in ("true", "false"):
        raise ValueError('"true" or "false"')
    return value == "true"


_MONEY = {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,2})?$", "examples": ["1200000.00"]}
_QUANTITY = {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,6})?$", "examples": ["1.5"]}
#: Amounts in whole units with two places, never negative; the currency stands beside them.
Money = Annotated[Decimal, BeforeValidator(_decimal(2)), WithJsonSchema(_MONEY)]
Quantity = Annotated[Decimal, BeforeValidator(_decimal(6)), WithJsonSchema(_QUANTITY)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "string", "enum": ["true", "false"]})]
#: Values of custom fields by key; the operation checks them against their definitions.
CustomValue = Line | int | bool | list[Line] | None
Custom = Annotated[dict[Key, CustomValue], Field(max_length=100)]

#: Numbers as they leave: amounts and quantities are texts so that no reader turns them into floats.
MoneyOut = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$"})]
NumberOut = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"})]


class In(BaseModel):
    """A body: strict types, no unknown members."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def given(self) -> dict[str, Any]:
        """Return the members that were sent, so that a PATCH changes nothing else."""
        return self.model_dump(exclude_unset=True)


class Nothing(In):
    """An action that needs no words."""


class Out(BaseModel):
    """An answer, as the description shows it; the tests hold every answer against it."""

    model_config = ConfigDict(extra="forbid")


class Page(Out, Generic[T]):
    """A page of a list; `next` is the cursor of the one after it."""

    items: list[T]
    next: str | None
    count: Annotated[int | None, Field(description="Exact up to 10,000 on the first page, null beyond it")]


class ListQuery(BaseModel):
    """What every list takes."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, StringConstraints(max_length=2000)] = ""
    sort: str = ""
