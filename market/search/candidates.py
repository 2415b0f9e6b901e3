"""Candidate documents for matching: a binary record in the engines, read into columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Counts = tuple[int, int, int, int, int, int]
FACTS: Mapping[str, tuple[str, ...]] = {
    "outcomes": (
        *("field", "industries", "modes", "regions", "price_amount", "trl"),
        *("is_exclusive_possible", "status"),
    ),
    "needs": ("field", "industries", "modes", "regions", "budget_max_amount", "trl_min"),
}
"""The fields of an index that the scorer reads beside the text."""
_HEAD = np.dtype([("id", "V16"), ("revision", "<i8"), ("counts", "<u2", 6), ("fields_size", "<u4")])
"""Header of a record. The fields as JSON follow, then the term hashes."""


def record_of(index: str, facts: Mapping[str, Any]) -> bytes:
    """Serialise what matching reads of a document, given its `Prepared.facts`.

    Equal facts serialise equally, whatever else is in the document.
    """
    fields = {name: facts[name] for name in FACTS.get(index, ()) if facts.get(name) is not None}
    json_ = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    head = (UUID(facts["id"]).bytes, facts["revision"], tuple(facts["counts"]), len(json_))
    return np.array(head, _HEAD).tobytes() + json_ + bytes(facts["hashes"])


@dataclass(frozen=True, slots=True)
class Candidates:
    """Documents that share a term or are near by vector. One position in each column is one document."""

    heads: npt.NDArray[np.void]
    """id, revision and counts."""
    fields_json: Sequence[bytes] = ()
    """The fields of `FACTS`, as JSON; equal bytes for equal fields, so that they can be cached."""
    hashes: Sequence[bytes] = ()
    cosines: Mapping[str, Numbers] = field(default_factory=dict)
    """Cosine similarities by model; NaN where a document has no vector."""

    @classmethod
    def of(cls, records: Sequence[bytes], cosines: Mapping[str, Numbers] | None = None) -> Candidates:
        """Parse records."""
        size = _HEAD.itemsize
        heads = np.frombuffer(b"".join([record[:size] for record in records]), _HEAD)
        ends: list[int] = (heads["fields_size"].astype(np.int64) + size).tolist()
        fields = [record[size:end] for record, end in zip(records, ends, strict=True)]
        hashes = [record[end:] for record, end in zip(records, ends, strict=True)]
        return cls(heads, fields, hashes, cosines or {})

    def __len__(self) -> int:
        return len(self.heads)

    @property
    def keys(self) -> list[bytes]:
        """Return the ids, sixteen bytes each."""
        keys: list[bytes] = self.heads["id"].tolist()
        return keys

    @property
    def ids(self) -> list[UUID]:
        return [UUID(bytes=key) for key in self.keys]

    def facts(self, at: int) -> dict[str, Any]:
        """Return the facts of one document, as they were given to `record_of`."""
        head = self.heads[at]
        return {
            **json.loads(self.fields_json[at]),
            "id": str(UUID(bytes=head["id"].tobytes())),
            "revision": int(head["revision"]),
            "counts": head["counts"].tolist(),
            "hashes": self.hashes[at],
        }

    def meaning(self, at: int) -> dict[str, float]:
        """Return the cosine similarities of one document, by model."""
        return {name: float(of[at]) for name, of in self.cosines.items() if not np.isnan(of[at])}
