"""What stands before the first claim: the budget of the year, and the accounts that are paid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from market.accounts.actors import Actor
from market.budgets.annual_budgets import (
    BudgetDetails,
    confirm_change,
    draft_budget,
    propose_change,
    release_budget,
)
from market.budgets.states import BudgetChangeKind
from market.deps import Deps
from market.payees.accounts import confirm_account, propose_account
from market.payees.comparisons import compare_proof, confirm_comparison
from market.payees.models import PayeeAccount
from market.payees.states import PayeeAct
from market.records.by import By
from market.seed.content import fen, load, store_pdf
from market.seed.people import Cast
from market.seed.timeline import Calendar, Story

GUANGXI = "guangxi"
BUDGET_WAN = {0: 600, 1: 840}
"""By years after the one that the round is about."""


async def budget_story(cast: Cast, calendar: Calendar) -> Story:
    """Release two years' budgets, carry over what is left of the first, and add to the second."""
    officer, approver = await cast.actor("finance"), await cast.actor("approver")
    for later, wan in BUDGET_WAN.items():
        now = yield calendar.ago(60 - 4 * later, 9)
        year = calendar.round_year + later
        budget = await draft_budget(
            GUANGXI,
            year=year,
            amount=fen(wan) or 0,
            details=BudgetDetails(
                "省级财政科技专项资金",
                "2060404",
                "50299",
                [fen(wan / 12) or 0] * 12 if wan % 12 == 0 else None,
            ),
            by=By(officer, now),
        )
        now = yield calendar.ago(58 - 4 * later, 15)
        await release_budget(budget.id, by=By(approver, now))
    year = calendar.round_year
    for days, kind, of_year, wan, document, ground in (
        (52, BudgetChangeKind.CARRY_OVER, year, 150, "桂财教〔结转〕1号", "上年未执行完的资金结转本年使用。"),
        (50, BudgetChangeKind.INCREASE, year + 1, 120, "桂财教〔追加〕7号", "申报额超过年初预算，申请追加。"),
    ):
        now = yield calendar.ago(days, 10)
        change = await propose_change(
            GUANGXI,
            year=of_year,
            kind=kind,
            amount=fen(wan) or 0,
            document_number=document,
            ground=ground,
            by=By(officer, now),
        )
        now = yield calendar.ago(days - 1, 16)
        await confirm_change(change.id, by=By(approver, now))


NOT_COMPARED = "tengxu"
"""An enterprise of one person whose account the desk has not compared yet: its claim cannot go on a list."""
CHANGED = "zheyuan"
"""An enterprise whose account changed after its claim was rechecked: the approver has to agree."""
CHANGED_TO = ("桂中农村商业银行城南支行", "6222029999999999999")


def account_stories(cast: Cast, deps: Deps, calendar: Calendar) -> Iterator[Story]:
    """Yield the stories of all accounts."""
    for place, (key, entry) in enumerate(load("organisations").items()):
        people = [name for name, person in load("people").items() if person["organisation"] == key]
        if people and entry.get("bank_account"):
            yield _establish(key, people, place, cast, deps, calendar)
    yield _change(cast, deps, calendar)


async def _establish(
    key: str, people: list[str], place: int, cast: Cast, deps: Deps, calendar: Calendar
) -> Story:
    entry = load("organisations")[key]
    actors = [await cast.actor(person) for person in people]
    proposer = next(actor for actor in actors if actor.may(PayeeAct.PROPOSE_ACCOUNT))
    now = yield calendar.round_day(1, 12) + timedelta(hours=place)
    account = await _propose(entry["bank_name"], entry["bank_account"], proposer, deps, By(proposer, now))
    if key == NOT_COMPARED:
        return
    now = yield now + timedelta(days=1)
    second = next((actor for actor in actors if actor.user_id != proposer.user_id), None)
    if second is not None:
        await confirm_account(account.id, by=By(second, now))
        return
    await compare_proof(
        account.id, note="户名、账号、开户行与证明一致。", by=By(await cast.actor("finance"), now)
    )
    now = yield now + timedelta(hours=3)
    await confirm_comparison(account.id, by=By(await cast.actor("finance2"), now))


async def _change(cast: Cast, deps: Deps, calendar: Calendar) -> Story:
    person = next(name for name, entry in load("people").items() if entry["organisation"] == CHANGED)
    now = yield calendar.ago(5, 10)
    owner = await cast.actor(person)
    account = await _propose(*CHANGED_TO, owner, deps, By(owner, now))
    now = yield calendar.ago(4, 9)
    await compare_proof(account.id, note="与银行出具的证明一致。", by=By(await cast.actor("finance"), now))
    now = yield calendar.ago(4, 15)
    await confirm_comparison(account.id, by=By(await cast.actor("finance2"), now))


async def _propose(bank_name: str, number: str, owner: Actor, deps: Deps, by: By) -> PayeeAccount:
    lines = ["Proof of account (demo)", str(owner.organisation_id), number]
    proof = await store_pdf("账户证明.pdf", lines, deps.store)
    return await propose_account(bank_name, number, proof, secret=deps.settings.secret_key, by=by)
