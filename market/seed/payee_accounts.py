"""The accounts that the demo's organisations are paid to: proposed, and confirmed by a second person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from market.accounts.actors import Actor
from market.deps import Deps
from market.payees.accounts import confirm_account, propose_account
from market.payees.comparisons import compare_proof, confirm_comparison
from market.payees.models import PayeeAccount
from market.payees.states import PayeeAct
from market.records.by import By
from market.seed.content import load, store_pdf
from market.seed.people import Cast
from market.seed.timeline import Calendar, Story

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
