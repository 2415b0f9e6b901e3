"""Words in the person's language. The source language is simplified Chinese."""

from __future__ import annotations

import gettext as catalogues
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from opencc import OpenCC

LOCALES = {"zh-Hans": "简体", "zh-Hant": "繁體"}
"""Languages the pages can be read in, each by its own name."""
DEFAULT = "zh-Hans"
LOCALE_DIRECTORY = Path(__file__).parent.parent / "locales"

_locale: ContextVar[str] = ContextVar("locale", default=DEFAULT)


def get_locale() -> str:
    """Return the language of the page being made."""
    return _locale.get()


def set_locale(locale: str) -> None:
    """Make everything that follows in this request speak `locale`, if we have it."""
    _locale.set(locale if locale in LOCALES else DEFAULT)


def gettext(message: str, **values: object) -> str:
    """Return `message` in the person's language, with `%(name)s` filled from `values`."""
    text = _translate(message, _locale.get())
    return text % values if values else text


class Lazy:
    """A message that is translated when it is shown, for labels made at import."""

    __slots__ = ("message",)

    def __init__(self, message: str) -> None:
        self.message = message

    def __str__(self) -> str:
        return gettext(self.message)

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(str(self)))

    def __repr__(self) -> str:
        return f"lazy({self.message!r})"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self.message)


def lazy(message: str) -> Lazy:
    """Mark a label for translation now; it is translated each time it is shown."""
    return Lazy(message)


@lru_cache(maxsize=8192)
def _translate(message: str, locale: str) -> str:
    if locale == "zh-Hans":
        return message
    if locale == "zh-Hant":
        return str(_traditional().convert(message))
    return _catalogue(locale).gettext(message)


@lru_cache
def _catalogue(locale: str) -> catalogues.NullTranslations:
    return catalogues.translation("market", LOCALE_DIRECTORY, [locale], fallback=True)


@lru_cache
def _traditional() -> OpenCC:
    return OpenCC("s2t")
