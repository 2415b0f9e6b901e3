"""Scripted parties: they offer, accept, sign, pay both ways, refund and settle, and do not give up.

What was answered is an act that must be there at the end. What was not answered is done again, as a
person would: the market then does it, or says that it was done.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from market.accounts.actors import Actor
from market.accounts.models import OrganisationKind, User
from market.accounts.sessions import COOKIE, start_session
from tests.contracts.factories import PDF
from tests.crash.processes import PATIENCE, wait_until
from tests.deals.factories import Parties, make_parties
from tests.factories import make_outcome

PLAN = {
    "plan-0-condition": "生效后 10 日",
    "plan-0-due_on": "2026-03-31",
    "plan-0-amount": "80.5",
    "plan-1-condition": "验收合格",
    "plan-1-amount": "34.5",
}
OFFER = {
    "kind": "licence",
    "payment_way": "instalments",
    "price": "115",
    "years": "5",
    "valid_days": "15",
    "seen": "",
}
SIGN = {
    "name": "高导电铝合金导线许可",
    "field": "materials",
    "signed_on": "2026-03-21",
    "used_in": "450100",
    "licence_years": "5",
    "seen": "",
}
SCAN = ("合同.pdf", PDF, "application/pdf")


@dataclass
class Done:
    """One act that was answered: what it was about, in words the end can look up."""

    act: str
    subject: str


@dataclass
class Person:
    """Somebody at a browser."""

    client: httpx.AsyncClient
    csrf: str = ""
    answered: int = 0
    """How many acts of this person the site has answered."""

    async def look(self, address: str) -> str:
        return (await self._try("GET", address)).text

    async def act(self, address: str, files: Any = None, **data: str) -> httpx.Response:
        if not self.csrf:
            found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', await self.look("/help"))
            if found is None:
                found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', await self.look("/deals"))
            assert found, "no token"
            self.csrf = found[1]
        answer = await self._try("POST", address, data={"csrf_token": self.csrf, **data}, files=files)
        self.answered += 1
        return answer

    async def _try(self, method: str, address: str, **given: Any) -> httpx.Response:
        deadline, last = time.monotonic() + PATIENCE, ""
        while True:
            try:
                answer = await self.client.request(method, address, **given)
                if answer.status_code < 500:
                    return answer
                last = f"{answer.status_code}"
            except httpx.HTTPError as error:
                last = repr(error)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{method} {address} was not answered in {PATIENCE} s: {last}")
            await asyncio.sleep(0.05)


@dataclass
class Story:
    """One pair of parties who trade again and again."""

    parties: Parties
    people: dict[str, Person]
    done: list[Done] = field(default_factory=list)
    rounds: int = 0

    @property
    def answered(self) -> int:
        return sum(person.answered for person in self.people.values())

    async def play(self, gateway: str, outcome: str) -> None:
        """One outcome, from the first question to the refund."""
        seller, buyer, finance = self.people["seller"], self.people["buyer"], self.people["finance"]
        await buyer.act(f"/outcomes/{outcome}/interest", note="想用")
        deal = _found(r"/deals/(JY-[0-9-]+)", await self._deals(buyer, outcome))
        self._note("interest", outcome)
        await seller.act(f"/deals/{deal}/agree")
        await buyer.act(f"/deals/{deal}/offer", **(OFFER | PLAN))
        self._note("offer", deal)
        room = await seller.look(f"/deals/{deal}/accept")
        offer, digest = (
            _found(r'name="offer" value="([^"]+)"', room),
            _found(r'name="content_hash" value="([^"]+)"', room),
        )
        await seller.act(f"/deals/{deal}/accept", offer=offer, content_hash=digest)
        self._note("accept", deal)
        await seller.act(f"/deals/{deal}/skip-publicity")
        await seller.act(f"/deals/{deal}/sign", files={"file": SCAN}, act="sign", **(SIGN | PLAN))
        seen = _found(r'name="seen" value="([0-9a-f]{64})"', await buyer.look(f"/deals/{deal}/sign"))
        await buyer.act(f"/deals/{deal}/sign", act="confirm", seen=seen)
        contract = _found(r"/contracts/(HT-[0-9-]+)", await buyer.look(f"/deals/{deal}"))
        self._note("sign", contract)
        await self._pay(gateway, contract, seller, buyer, finance)
        self.rounds += 1

    async def _pay(self, gateway: str, contract: str, seller: Person, buyer: Person, finance: Person) -> None:
        page = await seller.look(f"/contracts/{contract}")
        first, second = list(dict.fromkeys(re.findall(r"/instalments/([0-9a-f-]{36})/remit", page)))
        await buyer.act(
            f"/instalments/{first}/remit",
            files={"file": SCAN},
            amount="805000.00",
            received_on="2026-03-21",
            bank_reference=f"R{contract}",
        )
        page = await finance.look(f"/contracts/{contract}")
        remittance = _found(r"/remittances/([0-9a-f-]{36})/confirm", page)
        await finance.act(f"/remittances/{remittance}/confirm")
        self._note("remittance", remittance)
        answer = await buyer.act(f"/instalments/{second}/pay")
        session = _found(r"/demo-pay/(cs_\w+)", answer.headers.get("location", ""))
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            await client.post(f"{gateway}/control/pay/{session}")
        self._note("payment", session)
        payment = await self._until(finance, contract, r"/payments/([0-9a-f-]{36})/refund")
        await finance.act(f"/payments/{payment}/refund", amount="345000.00", reason="退回重付")
        self._note("refund", payment)
        await self._until(finance, contract, r"mark--note\">[^<]*已退款")

    async def _until(self, person: Person, contract: str, pattern: str) -> str:
        match: re.Match[str] | None = None

        async def is_shown() -> bool:
            nonlocal match
            match = re.search(pattern, await person.look(f"/contracts/{contract}/money"))
            return match is not None

        await wait_until(is_shown, f"{contract} shows {pattern}")
        assert match is not None
        return match[1] if match.groups() else match[0]

    async def _deals(self, buyer: Person, outcome: str) -> str:
        page = await buyer.look(f"/outcomes/{outcome}")
        if "/deals/JY-" in page:
            return page
        return await buyer.look("/deals")

    def _note(self, act: str, subject: str) -> None:
        self.done.append(Done(act, subject))


async def make_story(site: str) -> Story:
    """Make a firm that sells and one that buys, with people who are signed in."""
    parties = await make_parties(kind=OrganisationKind.ENTERPRISE, is_state_owned=False, nature_code="")
    people = {
        "seller": await _person(parties.seller, site),
        "finance": await _person(parties.seller_finance, site),
        "buyer": await _person(parties.buyer, site),
    }
    return Story(parties, people)


async def make_outcomes(parties: Parties, count: int) -> list[str]:
    return [(await make_outcome(parties.university)).number for _ in range(count)]


async def _person(actor: Actor, site: str) -> Person:
    token = await start_session(await User.get(id=actor.user_id), device="crash")
    return Person(httpx.AsyncClient(base_url=site, cookies={COOKIE: token}, timeout=30))


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, (pattern, re.sub(r"<[^>]+>|\s+", " ", text)[-1500:])
    return found[1]
