"""The protocol of search engines and its types."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import numpy as np
import numpy.typing as npt

from market.search.candidates import Candidates

Vector = npt.NDArray[np.float32]
"""An embedding of length 1."""
Document = Mapping[str, Any]
"""A document as rooms build it, see `market.search.documents`."""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Matches documents with at least one of the values; none if there are no values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Matches documents with none of the values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Matches numbers from `least` to `most`, both included; with `or_missing` also documents without one."""

    field: str
    least: int | None = None
    most: int | None = None
    or_missing: bool = False


Filter = AnyOf | NoneOf | Range


@dataclass(frozen=True, slots=True)
class Sort:
    """A strict order by one field; documents without a value come last in both directions."""

    field: str
    is_descending: bool = True


@dataclass(frozen=True, slots=True)
class Query:
    """A search: text, filters joined by AND, facets to count, and one page of hits."""

    index: str
    text: str = ""
    filters: tuple[Filter, ...] = ()
    facets: tuple[str, ...] = ()
    sort: Sort | None = None
    """None: by relevance; the newest first when there are no words."""
    offset: int = 0
    limit: int = 20
    vectors: Mapping[str, Vector] = field(default_factory=dict)
    """Query vectors by model, see `market.search.query_planner`."""
    meaning: float = 0.0
    """Share of vector similarity in the ranking, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Hits:
    ids: tuple[UUID, ...]
    total: int
    """Exact, however many."""
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Exact facet counts. Those of a field ignore the filter on that field itself: each is the number of
    hits with that value chosen."""
    terms: tuple[str, ...] = ()
    """The query's words, for `market.search.highlight`."""


class Rejected(Exception):
    """The engine rejects this document, or one of these, permanently."""


@dataclass(frozen=True, slots=True)
class Tenancy:
    """A market's place on a shared server."""

    prefix: str = ""
    """Prefix of the names of its indexes; empty for an engine that is not shared."""
    drift: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Settings changed from outside, by index; not overwritten, a rebuild restores ours."""


class Searcher(Protocol):
    """Anything that answers searches."""

    async def search(self, query: Query) -> Hits:
        """Return one page of hits."""


KEEPS_APART = "*"
"""The mark of every index of an engine in which an index cannot be another market's."""


class SearchEngine(Protocol):
    """A search engine. Every call may raise `market.kit.errors.SearchUnavailable`."""

    name: str
    """Engine and version, recorded with measured figures."""

    async def ping(self) -> None:
        """Return if the engine answers."""

    async def apply_settings(self) -> list[str]:
        """Apply `search_config` to every index; return those that must be rebuilt.

        Settings changed from outside are logged and not overwritten.
        """

    async def tenancy(self) -> Tenancy:
        """Return prefix and settings drift, for operators."""

    async def search(self, query: Query) -> Hits:
        """Return one page of hits."""

    async def candidates(
        self,
        index: str,
        terms: Sequence[str],
        limit: int = 1000,
        *,
        vectors: Mapping[str, Vector] | None = None,
        nearest: int = 0,
    ) -> Candidates:
        """Return documents with at least one of the terms (`documents.Prepared.terms`), unordered.

        The `nearest` documents of each vector, given by model, are added; every candidate that has a vector
        of that model comes with its cosine.
        """

    async def put(self, index: str, documents: Sequence[Document]) -> None:
        """Add or replace whole documents, visible to all readers on return.

        Raises:
            Rejected: nothing of this call was stored, because of one of the documents.
        """

    async def delete(self, index: str, ids: Collection[UUID]) -> None:
        """Delete documents, known or not, invisible to all readers on return."""

    async def count(self, index: str) -> int:
        """Return the number of documents."""

    async def ids_and_revisions(self, index: str) -> dict[UUID, int]:
        """Return id and revision of every document, for reconciliation."""

    async def term_frequencies(self, index: str) -> dict[str, int]:
        """Return the document frequency of every term."""

    async def words(self, index: str) -> dict[str, int]:
        """Return the document frequency of every word for spelling correction, English ones included."""

    async def rebuild(self, index: str, batches: AsyncIterator[Sequence[Document]]) -> int:
        """Build a new index, swap it in, and return the number of its documents.

        Readers keep the old one until the swap. Nothing else may write meanwhile.
        """

    async def mark(self, index: str) -> str | None:
        """Return by which market's rebuild the index was made; None: it has no mark.

        `KEEPS_APART`: each market's indexes have names of their own that no other's can take.
        """

    async def set_mark(self, index: str, mark: str) -> None:
        """Mark the index as made by a rebuild of this market."""

    async def close(self) -> None:
        """Close files and connections."""
