"""Tables that nobody changes while the program runs."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from market.kit.i18n import Lazy

K = TypeVar("K", int, str)


def frozen(table: dict[K, Lazy]) -> Mapping[K, Lazy]:
    """Return a code list that refuses to be changed."""
    return MappingProxyType(table)
