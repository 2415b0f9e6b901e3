"""The operator sees how the search engine stands and sets it right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import StaffRole
from market.app import create_app
from market.audit.models import AuditEvent
from market.deps import Deps
from market.kit.database import connection
from market.kit.errors import SearchUnavailable
from market.search import outbox
from market.search.engine import Tenancy
from market.search.models import OutboxEntry
from tests.factories import make_broker, make_member, make_outcome, make_staff
from tests.visitor import post, sign_in


class Away:
    """An engine that does not answer."""

    name = "meilisearch away"

    async def tenancy(self) -> Tenancy:
        raise SearchUnavailable("no answer")

    async def ids_and_revisions(self, index: str) -> dict[UUID, int]:
        raise SearchUnavailable(f"no answer for {index}")


async def hold(document_id: UUID, reason: str = "invalid_document_fields") -> OutboxEntry:
    await outbox.enqueue("outcomes", document_id)
    await OutboxEntry.filter(document_id=document_id).update(is_quarantined=True, error=reason)
    return await OutboxEntry.get(document_id=document_id)


async def waiting_jobs(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await connection().execute_query_dict(
        "SELECT args FROM procrastinate_jobs WHERE task_name = $1 AND status = 'todo'", [name]
    )
    return rows


async def test_the_page_is_the_operators(client: httpx.AsyncClient) -> None:
    people: list[Actor | None] = [None, await make_member(), await make_broker()]
    people += [await make_staff(role) for role in StaffRole if role is not StaffRole.OPERATOR]

    for person in people:
        await sign_in(client, person)
        shown = await client.get("/backoffice/search")
        sent = await post(client, "/backoffice/search", {"rebuild": "outcomes"}, follow=False)

        assert (shown.status_code, sent.status_code) == ((403, 403) if person else (303, 401))
    assert await waiting_jobs("search.rebuild") == []


async def test_the_operator_sees_what_waits_and_what_differs(client: httpx.AsyncClient, deps: Deps) -> None:
    outcome = await make_outcome()
    await outbox.enqueue("outcomes", outcome.id)
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    page = (await client.get("/backoffice/search")).text

    row = page[page.index('<code class="small">outcomes') :].split("</tr>")[0]
    assert deps.search.name in page
    assert "正常" in page
    assert '<td class="amount">0</td>' in row
    assert '<td class="amount">1</td>' in row
    assert "<strong>1</strong>" in row
    assert "没有隔离的文档" in page
    await deps.search.close()


async def test_a_document_in_quarantine_is_tried_again(client: httpx.AsyncClient, deps: Deps) -> None:
    outcome = await make_outcome(title="被拒收的成果")
    entry = await hold(outcome.id, "价格不是数字")
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    page = (await client.get("/backoffice/search")).text
    answer = await post(client, "/backoffice/search", {"retry": str(entry.id)}, follow=False)
    again = await post(client, "/backoffice/search", {"retry": str(entry.id)})

    assert "被拒收的成果" in page
    assert "价格不是数字" in page
    assert page.count("btn--act") == 1
    assert answer.status_code == 303
    assert await outbox.count_pending("outcomes") == 1
    assert again.status_code == 409
    assert "已不在隔离中" in again.text
    assert await AuditEvent.filter(action="retry_document").count() == 1
    await deps.search.close()


async def test_a_rebuild_is_left_to_the_worker(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    answer = await post(client, "/backoffice/search", {"rebuild": "needs"}, follow=False)

    assert answer.status_code == 303
    assert ["needs" in str(job["args"]) for job in await waiting_jobs("search.rebuild")] == [True]
    assert await AuditEvent.filter(action="rebuild_index").count() == 1


@pytest.mark.parametrize(
    "given", [{}, {"rebuild": "nonsense"}, {"rebuild": "\x00"}, {"retry": "x"}, {"retry": "9" * 30}]
)
async def test_nothing_else_is_done_here(client: httpx.AsyncClient, given: dict[str, str]) -> None:
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    answer = await post(client, "/backoffice/search", given)

    assert answer.status_code == 404
    assert await waiting_jobs("search.rebuild") == []


class Shared:
    """An engine on a server with other markets, one of which changed our settings; it holds nothing."""

    name = "meilisearch"

    async def tenancy(self) -> Tenancy:
        return Tenancy("market_0a1b2c", {"outcomes": ["embedders", "rankingRules"]})

    async def ids_and_revisions(self, index: str) -> dict[UUID, int]:
        return {}


async def test_the_page_names_our_indexes_and_settings_that_somebody_else_changed(deps: Deps) -> None:
    search: Any = Shared()
    transport = httpx.ASGITransport(app=create_app(replace(deps, search=search)))

    async with httpx.AsyncClient(transport=transport, base_url="http://market.test") as client:
        await sign_in(client, await make_staff(StaffRole.OPERATOR))
        page = (await client.get("/backoffice/search")).text

    assert "<code>market_0a1b2c_</code>" in page
    assert "有索引的设置被别处改过" in page
    assert "<li>成果：embedders、rankingRules</li>" in page


async def test_the_page_says_so_when_the_engine_is_away(deps: Deps) -> None:
    outcome = await make_outcome()
    await outbox.enqueue("outcomes", outcome.id)
    search: Any = Away()
    transport = httpx.ASGITransport(app=create_app(replace(deps, search=search)))

    async with httpx.AsyncClient(transport=transport, base_url="http://market.test") as client:
        await sign_in(client, await make_staff(StaffRole.OPERATOR))
        answer = await client.get("/backoffice/search")

    assert answer.status_code == 200
    assert "搜索引擎没有回应" in answer.text
    assert "meilisearch away" in answer.text
    row = answer.text[answer.text.index('<code class="small">outcomes') :].split("</tr>")[0]
    assert '<td class="amount">—</td>' in row
