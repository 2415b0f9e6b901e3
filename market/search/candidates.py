"""Documents to be matched, as engines keep them and give them back: many at once, column by column."""

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
"""The fields of an index that a scorer reads beside the wording."""
_HEAD = np.dtype([("id", "V16"), ("revision", "<i8"), ("counts", "<u2", 6), ("told", "<u4")])
"""How a record begins. What is told of the document follows, and then the marks of its terms."""


def record_of(index: str, facts: Mapping[str, Any]) -> bytes:
    """Return what matching reads of a document, told by its `Prepared.facts`.

    Equal facts make equal records, whatever else is in the document.
    """
    kept = {name: facts[name] for name in FACTS.get(index, ()) if facts.get(name) is not None}
    told = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()
    head = (UUID(facts["id"]).bytes, facts["revision"], tuple(facts["counts"]), len(told))
    return np.array(head, _HEAD).tobytes() + told + bytes(facts["marks"])


@dataclass(frozen=True, slots=True)
class Candidates:
    """Documents that share a term or mean the like. One place in each column is one document."""

    heads: npt.NDArray[np.void]
    """id, revision and counts."""
    told: Sequence[bytes] = ()
    """The fields of `FACTS`, as JSON; the same bytes where the same is told."""
    marks: Sequence[bytes] = ()
    cosines: Mapping[str, Numbers] = field(default_factory=dict)
    """How alike they are in meaning, by each model that was asked for; NaN where it knows none."""

    @classmethod
    def of(cls, records: Sequence[bytes], cosines: Mapping[str, Numbers] | None = None) -> Candidates:
        """Read records."""
        size = _HEAD.itemsize
        heads = np.frombuffer(b"".join([one[:size] for one in records]), _HEAD)
        ends: list[int] = (heads["told"].astype(np.int64) + size).tolist()
        told = [one[size:end] for one, end in zip(records, ends, strict=True)]
        marks = [one[end:] for one, end in zip(records, ends, strict=True)]
        return cls(heads, told, marks, cosines or {})

    def __len__(self) -> int:
        return len(self.heads)

    @property
    def keys(self) -> list[bytes]:
        """The ids, sixteen bytes each."""
        found: list[bytes] = self.heads["id"].tolist()
        return found

    @property
    def ids(self) -> list[UUID]:
        return [UUID(bytes=one) for one in self.keys]

    def facts(self, at: int) -> dict[str, Any]:
        """Return the facts of one document, as `record_of` was given them."""
        head = self.heads[at]
        return {
            **json.loads(self.told[at]),
            "id": str(UUID(bytes=head["id"].tobytes())),
            "revision": int(head["revision"]),
            "counts": head["counts"].tolist(),
            "marks": self.marks[at],
        }

    def meaning(self, at: int) -> dict[str, float]:
        """Return how alike one document is, by each model that knows it."""
        return {name: float(of[at]) for name, of in self.cosines.items() if not np.isnan(of[at])}
