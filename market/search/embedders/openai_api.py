"""Any model behind an OpenAI-compatible `/v1/embeddings` endpoint."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import httpx
import numpy as np

from market.search.embedders import EmbedderUnavailable, Vectors, normalise

BATCH = 64
TIMEOUT = 60.0


class EmbeddingsApi:
    """An embedder on another host."""

    def __init__(
        self,
        address: str,
        model: str,
        key: str | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.model = model
        self.name = re.sub(r"[^a-z0-9_-]+", "-", model.lower()).strip("-") or "api"
        address = address.rstrip("/")
        self._address = address if address.endswith("/embeddings") else f"{address}/embeddings"
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT, transport=transport)
        self._dimensions = 0

    @property
    def dimensions(self) -> int:
        if not self._dimensions:
            self._dimensions = self.embed(["水"], is_query=False).shape[1]
        return self._dimensions

    def embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        rows: list[Any] = []
        for start in range(0, len(texts), BATCH):
            rows += self._request(list(texts[start : start + BATCH]))
        return normalise(np.array(rows, dtype=np.float32)) if rows else np.zeros((0, 0), dtype=np.float32)

    def _request(self, texts: list[str]) -> list[Any]:
        try:
            answer = self._client.post(self._address, json={"model": self.model, "input": texts})
            answer.raise_for_status()
            items = sorted(answer.json()["data"], key=lambda item: item["index"])
            rows = [item["embedding"] for item in items]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise EmbedderUnavailable(f"{self.name}: {error}") from error
        if len(rows) != len(texts):
            raise EmbedderUnavailable(f"{self.name}: {len(rows)} vectors for {len(texts)} texts")
        return rows
