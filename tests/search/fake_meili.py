"""A stand-in for the few calls we make to Meilisearch.

It keeps documents and tasks, answers searches with all documents of the index, and notes requests.
It does not search: what the real server finds is tried by the contract suite.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from tests.search.loopback import Received

STAMP = "2026-03-02T02:00:00.000001Z"
DEFAULTS: dict[str, Any] = {"filterableAttributes": [], "displayedAttributes": ["*"], "embedders": {}}
"""Settings of an index that nobody has configured, as far as these tests look at them."""


@dataclass
class FakeMeili:
    """Set `outcome`, `error` or `answer_status` to have it misbehave."""

    indexes: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[Received] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    outcome: str = "succeeded"
    error: dict[str, Any] | None = None
    answer_status: int = 200
    looks_until_done: int = 2
    facets: dict[str, dict[str, int]] = field(default_factory=dict)

    async def answer(self, request: Received) -> tuple[int, Any]:
        self.requests.append(request)
        return self._answer(request.method, request.path, request.query, request.body)

    def bodies(self, path: str) -> list[Any]:
        """Return what was sent to this path."""
        return [request.body for request in self.requests if request.path == path]

    def _answer(self, method: str, path: str, query: str, body: Any) -> tuple[int, Any]:
        if self.answer_status != 200:
            return self.answer_status, {"message": "no", "code": "nope", "type": "t", "link": ""}
        parts = path.strip("/").split("/")
        match method, parts:
            case "GET", ["health"]:
                return 200, {"status": "available"}
            case "GET", ["tasks", uid]:
                return 200, self._look(int(uid))
            case "GET", ["indexes"]:
                indexes = [{"uid": uid, "createdAt": STAMP, "updatedAt": STAMP} for uid in self.indexes]
                return 200, {"results": indexes, "offset": 0, "limit": 1000, "total": len(indexes)}
            case "GET", ["indexes", uid, "settings"]:
                return 200, self.settings[uid]
            case "GET", ["indexes", uid, "stats"]:
                size = len(self.indexes[uid])
                return 200, {"numberOfDocuments": size, "isIndexing": False, "fieldDistribution": {}}
            case "GET", ["indexes", uid, "documents"]:
                return 200, self._documents(uid, query)
            case "POST", ["indexes", uid, "documents", "fetch"]:
                return 200, {"results": [self.indexes[uid][one] for one in body["ids"]]}
            case "POST", ["multi-search"]:
                return 200, {"results": [self._search(one) for one in body["queries"]]}
        return 202, self._write(method, parts, body)

    def _write(self, method: str, parts: list[str], body: Any) -> dict[str, Any]:
        error = self.error if self.outcome != "succeeded" else None
        if self.outcome == "succeeded":
            match method, parts:
                case "POST", ["indexes"]:
                    self._create(body["uid"])
                case "DELETE", ["indexes", uid]:
                    del self.indexes[uid], self.settings[uid]
                case "PATCH", ["indexes", uid, "settings"]:
                    self.settings[uid] = self.settings[uid] | body
                case "POST", ["indexes", uid, "documents"]:
                    error = self._add(uid, body)
                case "POST", ["indexes", uid, "documents", "delete-batch"]:
                    for one in body:
                        self.indexes[uid].pop(one, None)
                case "POST", ["swap-indexes"]:
                    one, other = body[0]["indexes"]
                    for of in (self.indexes, self.settings):
                        of[one], of[other] = of[other], of[one]
        outcome = "failed" if error and self.outcome == "succeeded" else self.outcome
        task = {"uid": len(self.tasks), "status": "enqueued", "type": "t", "enqueuedAt": STAMP}
        self.tasks.append({**task, "looks": 0, "outcome": outcome, "error": error})
        return {
            "taskUid": task["uid"],
            "indexUid": None,
            "status": "enqueued",
            "type": "t",
            "enqueuedAt": STAMP,
        }

    def _create(self, uid: str) -> None:
        self.indexes[uid], self.settings[uid] = {}, dict(DEFAULTS)

    def _add(self, uid: str, documents: list[dict[str, Any]]) -> dict[str, str] | None:
        """Take documents in, or return why not: one that says nothing about the vector of an embedder."""
        if uid not in self.indexes:
            self._create(uid)
        for embedder in self.settings[uid]["embedders"]:
            if any(embedder not in document.get("_vectors", {}) for document in documents):
                return {"code": "vector_embedding_error", "type": "invalid_request"}
        self.indexes[uid].update({document["id"]: document for document in documents})
        return None

    def _look(self, uid: int) -> dict[str, Any]:
        task = self.tasks[uid]
        task["looks"] += 1
        if task["looks"] >= self.looks_until_done:
            task["status"] = task["outcome"]
        return {name: value for name, value in task.items() if name not in ("looks", "outcome")}

    def _documents(self, uid: str, query: str) -> dict[str, Any]:
        params = dict(parse_qsl(query))
        offset, limit = int(params["offset"]), int(params["limit"])
        documents = list(self.indexes[uid].values())
        return {
            "results": documents[offset : offset + limit],
            "offset": offset,
            "limit": limit,
            "total": len(documents),
        }

    def _search(self, query: dict[str, Any]) -> dict[str, Any]:
        hits = list(self.indexes[query["indexUid"]].values())
        answer = {"processingTimeMs": 1, "query": query.get("q") or "", "indexUid": query["indexUid"]}
        if size := query.get("hitsPerPage"):
            start = (query["page"] - 1) * size
            answer |= {"totalHits": len(hits), "hits": hits[start : start + size]}
        else:
            answer |= {"estimatedTotalHits": len(hits), "hits": hits[: query["limit"]]}
        facets = query.get("facets") or []
        return {**answer, "facetDistribution": {name: self.facets.get(name, {}) for name in facets}}
