"""What cannot be, typed into the desk's further forms: never a 500, nothing changed."""

from __future__ import annotations

import json

import httpx
import pytest

from market.accounts.actors import Actor
from market.budgets import year_runs
from market.budgets.clawbacks import start_clawback
from market.budgets.models import YearRun
from market.claims.models import ClaimContract
from market.integrity.models import PartyTie
from market.panels.round_models import Round
from market.programmes.models import ProgrammeTerms
from market.records.by import By
from tests.budgets.factories import make_paid
from tests.claims.factories import WAN, make_accepted, make_desk, make_draft
from tests.factories import NOW
from tests.malicious_input import MALICIOUS_INPUT
from tests.visitor import post, sign_in

DEEP = '{"programme": "guangxi", "clauses": ' + "[" * 5_000 + "]" * 5_000 + "}"


async def test_no_form_of_the_desk_falls_over(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    applicant, draft = await make_draft()
    accepted = await make_accepted(desk)
    paid, batch = await make_paid(desk)
    row = await start_clawback(paid.number, amount=WAN, ground="x", by=By(desk.officer, NOW))
    run = await year_runs.open_run("guangxi", 2026, by=By(desk.officer, NOW))
    forms: dict[Actor, dict[str, tuple[str, ...]]] = {
        desk.officer: {
            "/desk/ties": ("kind", "uscc", "other", "role", "share", "source"),
            "/desk/runs": ("programme", "year", "rate", "act"),
            "/desk/terms/guangxi/draft": ("content",),
            f"/desk/{accepted.number}/conflict": ("reason",),
            f"/desk/clawbacks/{row.number}": ("amount", "received_on", "bank_reference", "act"),
            f"/desk/batches/{batch}/results": ("file",),
        },
        desk.operator: {"/admin/rounds/new": ("title", "items", "target", "reserves", "statistic", "salt")},
        applicant: {
            f"/claims/{draft.number}/facts": (
                "contract",
                "mode",
                "grade",
                "paid_in_equity",
                "flags.witnessed",
            ),
            "/integrity": ("sanction", "text"),
        },
    }
    for actor, pages in forms.items():
        await sign_in(client, actor)
        for address, names in pages.items():
            for kind, typed in MALICIOUS_INPUT.items():
                answer = await post(client, address, dict.fromkeys(names, typed), follow=False)
                assert answer.status_code < 500, (address, kind, answer.status_code)
    assert not await PartyTie.all().exists()
    assert not await Round.all().exists()
    assert not await ProgrammeTerms.filter(status="draft").exists()
    assert (await ClaimContract.get(claim_id=draft.id)).grade is None
    assert await YearRun.all().count() == 1
    assert run.ended_at is None


@pytest.mark.parametrize(
    "query",
    [
        "doubt=%00&field=%00&city=%00&least=x&most=-1",
        "least=99999999999999999999&city=nowhere",
        "year=²&doubt=,split,",
    ],
)
async def test_no_address_of_the_desk_falls_over(client: httpx.AsyncClient, query: str) -> None:
    desk = await make_desk()
    await sign_in(client, desk.officer)

    for path in ("/desk", "/desk/report", "/desk/report/rows", "/desk/clawbacks", "/desk/ties"):
        assert (await client.get(f"{path}?{query}")).status_code in (200, 404)


async def test_a_rule_file_nested_too_deep_or_of_the_wrong_types_is_refused(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    await make_draft()
    await sign_in(client, desk.officer)

    for text in (DEEP, json.dumps({"programme": 1, "version": []}), "null", '"' + "x" * 300_000 + '"'):
        answer = await post(client, "/desk/terms/guangxi/draft", {"content": text}, follow=False)
        assert answer.status_code in (413, 422), text[:30]
