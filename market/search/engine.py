"""What the market asks of a search engine, in its own words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import numpy as np
import numpy.typing as npt

from market.search.candidates import Candidates

Vector = npt.NDArray[np.float32]
"""What a text means to a model, of length 1."""
Document = Mapping[str, Any]
"""What a room gives to be found: see `market.search.documents`."""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Keeps what holds at least one of the values; no values keep nothing."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Keeps what holds none of the values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Keeps numbers from `least` to `most`, both included; `or_missing` keeps what has none too."""

    field: str
    least: int | None = None
    most: int | None = None
    or_missing: bool = False


Filter = AnyOf | NoneOf | Range


@dataclass(frozen=True, slots=True)
class Sort:
    """A strict order by one field. What has no value comes last in both directions."""

    field: str
    is_descending: bool = True


@dataclass(frozen=True, slots=True)
class Query:
    """A person's search: words, limits joined by *and*, the counts wanted beside, one page of hits."""

    index: str
    text: str = ""
    filters: tuple[Filter, ...] = ()
    facets: tuple[str, ...] = ()
    sort: Sort | None = None
    """None: by relevance; the newest first when there are no words."""
    offset: int = 0
    limit: int = 20
    vectors: Mapping[str, Vector] = field(default_factory=dict)
    """What the words mean, by the model's name; see `market.search.box`."""
    meaning: float = 0.0
    """How much that counts in the order, from 0 to 1; what means the like is then a hit as well."""


@dataclass(frozen=True, slots=True)
class Hits:
    ids: tuple[UUID, ...]
    total: int
    """Exact, however many."""
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Exact. The counts of a field disregard the filter on that field itself: each says how many
    hits there would be with that value chosen."""
    terms: tuple[str, ...] = ()
    """The words that were looked for, to be marked by `market.search.highlight`."""


class Refused(Exception):
    """The engine will never take this document as it is, or one of these."""


@dataclass(frozen=True, slots=True)
class Tenancy:
    """How a market stands among others on a shared server."""

    prefix: str = ""
    """Stands before the names of all its indexes; empty for an engine that is ours alone."""
    drift: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Settings that somebody else changed, by index. They are left as they are; a rebuild restores ours."""


class Searches(Protocol):
    """Whoever answers a person's search."""

    async def search(self, query: Query) -> Hits:
        """Answer one page of a person's search."""


class SearchEngine(Protocol):
    """A copy of what may be found. Every call may raise `market.kit.errors.SearchUnavailable`."""

    name: str
    """Engine and version, as kept beside figures."""

    async def ping(self) -> None:
        """Return if the engine answers."""

    async def apply_settings(self) -> list[str]:
        """Bring every index in line with `search_config`; return those that must be rebuilt.

        Settings that somebody else changed are logged and left.
        """

    async def tenancy(self) -> Tenancy:
        """Return how the market stands on the server, for whoever looks after it."""

    async def search(self, query: Query) -> Hits:
        """Answer one page of a person's search."""

    async def candidates(
        self,
        index: str,
        terms: Sequence[str],
        limit: int = 1000,
        *,
        vectors: Mapping[str, Vector] | None = None,
        nearest: int = 0,
    ) -> Candidates:
        """Return documents that hold at least one of the terms (`documents.Prepared.terms`), in any order.

        Beside these come the `nearest` documents of each vector, given by the model's name; every
        candidate that has a vector of that model brings its cosine.
        """

    async def put(self, index: str, documents: Sequence[Document]) -> None:
        """Add or replace whole documents; on return every reader finds them.

        Raises:
            Refused: nothing of this call was taken, because of one of the documents.
        """

    async def delete(self, index: str, ids: Collection[UUID]) -> None:
        """Remove documents, known or not; on return no reader finds them."""

    async def count(self, index: str) -> int:
        """Return how many documents there are."""

    async def ids_and_revisions(self, index: str) -> dict[UUID, int]:
        """Return everything the index holds, to be compared with the database."""

    async def term_frequencies(self, index: str) -> dict[str, int]:
        """Return every term and in how many documents it stands."""

    async def words(self, index: str) -> dict[str, int]:
        """Return the words that people may have meant, those of the English texts too, likewise."""

    async def rebuild(self, index: str, batches: AsyncIterator[Sequence[Document]]) -> int:
        """Fill a new index beside the old one, put it in its place, and return how many it holds.

        Readers have the old one until the swap. Nothing else may write meanwhile.
        """

    async def close(self) -> None:
        """Let go of files and connections."""
