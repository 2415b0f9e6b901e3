"""Wire format of the simulated Stripe: bracketed forms in, objects and errors out."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

Object = dict[str, Any]


class StripeRefusal(Exception):
    """An error response of Stripe."""

    def __init__(
        self, http_status: int, code: str, message: str, kind: str = "invalid_request_error"
    ) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.body = {"error": {"type": kind, "code": code, "message": message}}


def read_form(text: str) -> Object:
    """Parse a bracketed form, `a[0][b]=c`, into nested values; all leaves are text."""
    root: Object = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        keys = [name.split("[")[0], *re.findall(r"\[([^\]]*)\]", name)]
        place = root
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    form: Object = _with_lists(root)
    return form


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    plain = {key: _with_lists(inner) for key, inner in value.items()}
    return list(plain.values()) if plain and all(key.isdigit() for key in plain) else plain


def public_fields(thing: Object) -> Object:
    """Return the object without its private fields."""
    return {key: value for key, value in thing.items() if not key.startswith("_")}
