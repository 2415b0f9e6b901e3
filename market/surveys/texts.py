"""The content of an entry as the form of needs, the table of needs and comparisons take it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import uuid4

from market.listings.change_rules import from_json, to_json
from market.listings.forms import NeedForm
from market.listings.kinds import NEED
from market.listings.models import Need
from market.listings.near_duplicates import text_of
from market.listings.wording import TEXTS
from market.listings.wording import text_of as field_text
from market.surveys.models import SurveyEntry

CONTACT = ("contact_name", "contact_phone", "contact_email")


def split_values(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values of the form of needs as an entry stores them, and its contact."""
    content = {name: to_json(value) for name, value in values.items() if name not in CONTACT}
    return content, {name: str(values.get(name) or "") for name in CONTACT}


@cache
def _form_names() -> tuple[str, ...]:
    """Return the fields of the form of needs."""
    return tuple(NeedForm().values())


def blank_values() -> dict[str, Any]:
    """Return the values of the form of needs when nothing is typed."""
    need = Need(**NEED.blank, id=uuid4(), number="", organisation_id=uuid4())
    return {name: getattr(need, name) for name in _form_names()}


def blank_content() -> tuple[dict[str, Any], dict[str, str]]:
    """Return the content and the contact of an entry in which nothing is typed."""
    return split_values(blank_values())


def need_values(entry: SurveyEntry) -> dict[str, Any]:
    """Return an entry's content as the columns of a need."""
    content = {name: from_json(name, value) for name, value in entry.values.items()}
    return content | {name: entry.contact.get(name, "") for name in CONTACT}


def as_need(entry: SurveyEntry) -> Need:
    """Return the need that an entry would become; it is not stored."""
    return Need(
        **{
            **NEED.blank,
            **need_values(entry),
            "id": uuid4(),
            "number": "",
            "organisation_id": entry.organisation_id,
        }
    )


def text_of_entry(entry: SurveyEntry) -> str:
    """Return the text by which entries are compared: title and description, as needs are."""
    return text_of(NEED, as_need(entry))


def all_texts(entry: SurveyEntry) -> list[str]:
    """Return every text of an entry, to look for words in."""
    return [
        *(field_text(entry.values[name]) for name in TEXTS if name in entry.values),
        *entry.answers.values(),
    ]
