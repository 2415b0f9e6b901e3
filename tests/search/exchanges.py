"""Exchanges with a real Meilisearch: recorded while the contract suite runs on one, replayed without one.

`RECORD=1 TEST_MEILI_URL=… pytest tests/search/test_contract.py` writes the file anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from tests.search.loopback import Received

FILE = Path(__file__).with_name("exchanges.json")
PREFIX = "recorded"
"""What indexes are named after in the file, whatever the recording run called them."""
Exchange = dict[str, Any]


class Replay:
    """Answers from the file. `scene` says whose exchanges the next requests belong to."""

    def __init__(self) -> None:
        self.scene = "setup"
        self.scenes: dict[str, list[Exchange]] = json.loads(FILE.read_text("utf-8"))
        self.unknown: list[str] = []
        """Requests that were never recorded; any of them fails the test."""

    async def answer(self, request: Received) -> tuple[int, Any]:
        """Return the first answer to this very request that was not given yet."""
        wanted = _key_of(request)
        exchanges = self.scenes.get(self.scene, [])
        for place, exchange in enumerate(exchanges):
            if exchange["request"] == wanted["request"] and exchange["body"] == wanted["body"]:
                del exchanges[place]
                return exchange["status"], exchange["response"]
        self.unknown.append(f"{self.scene}: never recorded: {wanted}")
        return 500, self.unknown[-1]


class Recorder:
    """Passes requests on to a real server and records what it answers."""

    def __init__(self, url: str, prefix: str) -> None:
        self.scene = "setup"
        self.scenes: dict[str, list[Exchange]] = {}
        self.is_recording = True
        self._prefix = prefix
        self._server = httpx.AsyncClient(base_url=url, timeout=60)

    async def answer(self, request: Received) -> tuple[int, Any]:
        headers = {name: request.headers[name] for name in HEADERS if name in request.headers}
        content = None if request.body is None else json.dumps(request.body)
        answer = await self._server.request(request.method, request.target, headers=headers, content=content)
        body = json.loads(answer.text or "null")
        if request.path == "/indexes" and request.method == "GET":  # other tenants are not ours to record
            body["results"] = [index for index in body["results"] if index["uid"].startswith(self._prefix)]
        if self.is_recording:
            self._record({**_key_of(request), "status": answer.status_code, "response": body})
        return answer.status_code, body

    def save(self) -> None:
        """Write the file, one exchange a line, without the name of this run."""
        scenes = []
        for scene, exchanges in self.scenes.items():
            lines = ",\n".join(json.dumps(line, ensure_ascii=False, sort_keys=True) for line in exchanges)
            scenes.append(f"{json.dumps(scene, ensure_ascii=False)}: [\n{lines}\n]")
        text = "{\n" + ",\n".join(scenes) + "\n}\n"
        FILE.write_text(text.replace(self._prefix, PREFIX), "utf-8")

    async def close(self) -> None:
        await self._server.aclose()

    def _record(self, exchange: Exchange) -> None:
        exchanges = self.scenes.setdefault(self.scene, [])
        is_poll = exchange["request"].startswith("GET /tasks/")
        if is_poll and exchanges and exchanges[-1]["request"] == exchange["request"]:
            exchanges.pop()  # of a task that is waited for, the end is enough
        exchanges.append(exchange)


HEADERS = ("authorization", "content-type", "accept-encoding")


def _key_of(request: Received) -> Exchange:
    return {"request": f"{request.method} {request.target}", "body": request.body}
