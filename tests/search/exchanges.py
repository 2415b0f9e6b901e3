"""Exchanges with a real Meilisearch: kept while the contract suite runs on one, answered from without one.

`RECORD=1 MEILI_URL=… pytest tests/search/test_contract.py` writes the file anew, against an empty server.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2

KEPT = Path(__file__).with_name("exchanges.json")
Exchange = dict[str, Any]


class Exchanges(httpx2.AsyncBaseTransport):
    """Transport of the Meilisearch client. `scene` says whose exchanges the next ones are."""

    def __init__(self, server: httpx2.AsyncBaseTransport | None) -> None:
        self.server = server
        """None: answer from what was kept."""
        self.scene = "setup"
        kept = {} if server else json.loads(KEPT.read_text("utf-8"))
        self.scenes: dict[str, list[Exchange]] = kept

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = (await request.aread()).decode()
        asked = {
            "asked": f"{request.method} {request.url.raw_path.decode()}",
            "body": json.loads(body or "null"),
        }
        if self.server is None:
            told = self._told(asked)
            return httpx2.Response(told["status"], json=told["answer"], request=request)
        answer = await self.server.handle_async_request(request)
        await answer.aread()
        self._keep({**asked, "status": answer.status_code, "answer": json.loads(answer.text or "null")})
        return httpx2.Response(answer.status_code, text=answer.text, headers=_type(answer), request=request)

    async def aclose(self) -> None:
        if self.server is not None:
            await self.server.aclose()

    def save(self) -> None:
        """Write what was said, one exchange a line."""
        lines = []
        for scene, exchanges in self.scenes.items():
            said = ",\n".join(json.dumps(one, ensure_ascii=False, sort_keys=True) for one in exchanges)
            lines.append(f"{json.dumps(scene, ensure_ascii=False)}: [\n{said}\n]")
        KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")

    def _keep(self, exchange: Exchange) -> None:
        said = self.scenes.setdefault(self.scene, [])
        is_poll = exchange["asked"].startswith("GET /tasks/")
        if is_poll and said and said[-1]["asked"] == exchange["asked"]:
            said.pop()  # of a task that is waited for, the end is enough
        said.append(exchange)

    def _told(self, asked: Exchange) -> Exchange:
        """Return the first answer to this very request that was not given yet."""
        said = self.scenes.get(self.scene, [])
        for place, one in enumerate(said):
            if one["asked"] == asked["asked"] and one["body"] == asked["body"]:
                return said.pop(place)
        raise AssertionError(f"{self.scene}: the server was never asked {asked}")


def _type(answer: httpx2.Response) -> dict[str, str]:
    return {"content-type": answer.headers.get("content-type", "application/json")}
