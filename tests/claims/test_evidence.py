"""Evidence: which documents are required, and invoices used once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from market.claims.applications import add_evidence
from market.claims.evidence import checklist
from market.claims.models import ClaimContract, Evidence
from market.claims.queries import claim_contracts
from market.files.store import LocalStore
from market.kit.errors import Invalid
from market.programmes.rule_files import find_terms
from market.records.by import By
from tests.claims.factories import WAN, make_draft
from tests.factories import NOW


async def test_one_invoice_serves_one_applicant_only() -> None:
    first, claim = await make_draft()
    second, other = await make_draft()

    async def add(number: str, actor) -> None:  # type: ignore[no-untyped-def]
        await add_evidence(
            number,
            kind="invoice",
            paper_number="45002600001",
            dated_on=None,
            amount=WAN,
            upload=None,
            by=By(actor, NOW),
            store=None,  # type: ignore[arg-type]
        )

    await add(claim.number, first)
    with pytest.raises(Invalid):
        await add(claim.number, first)
    with pytest.raises(Invalid):
        await add(other.number, second)


async def test_what_a_rule_set_asks_for_is_ticked_off() -> None:
    _applicant, claim = await make_draft()
    content = find_terms("guangxi")[0].content

    ticks = dict(checklist(content, await Evidence.filter(claim_id=claim.id)))

    assert ticks == {
        "技术合同及登记证明": True,
        "银行付款凭证": True,
        "卖方开具的发票": False,
        "成果收入专项审计报告": False,
    }


async def test_what_was_stated_has_to_be_proved() -> None:
    _applicant, claim = await make_draft()
    await ClaimContract.filter(claim_id=claim.id).update(mode="auction", grade="major")
    rows = await claim_contracts(claim.id)

    ticks = dict(checklist(find_terms("suzhou")[0].content, [], rows))

    assert ticks["挂牌或拍卖成交确认书"] is ticks["重大项目评定意见"] is False


async def test_an_invoice_is_known_again_however_it_is_written(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    claims = [await make_draft() for _ in range(2)]
    numbers = ["2445 2000 0001 ab", "２４４５２０００0001AB"]
    fields: dict[str, Any] = {"kind": "invoice", "dated_on": None, "amount": 1, "upload": None}

    await add_evidence(
        claims[0][1].number, paper_number=numbers[0], by=By(claims[0][0], NOW), store=store, **fields
    )

    with pytest.raises(Invalid):
        await add_evidence(
            claims[1][1].number, paper_number=numbers[1], by=By(claims[1][0], NOW), store=store, **fields
        )
