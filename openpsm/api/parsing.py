"""Reads bodies: JSON as RFC 8259 has it, without what a database or another program would choke on."""

import json
import re
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
MAX_DIGITS = 18
MAX_BYTES = 1024 * 1024


class StrictParser(Parser):
    """Refuses NaN, endless numbers, lone surrogates, other encodings than UTF-8, and more than a megabyte."""

    def parse_body(self, request: HttpRequest) -> Any:
        if len(request.body) > MAX_BYTES:
            raise ValueError("the body is larger than a megabyte")
        data = json.loads(request.body.decode(), parse_constant=_refuse, parse_int=_integer, parse_float=_float)
        if _SURROGATE.search(request.body):
            json.dumps(data, ensure_ascii=False).encode()  # raises for a surrogate without its other half
        return data


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > MAX_DIGITS:
        raise ValueError("a number has too many digits")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if abs(number) == float("inf"):
        raise ValueError("a number is too large")
    return number
