"""What two sides of the demo deal about, and the state of their deal while its script is played."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from market.accounts.actors import Actor
from market.contracts.models import Contract, Instalment
from market.deals.models import ContractKind, Deal, Offer, Side
from market.deals.terms import OfferTerms, PlanRow
from market.deps import Deps
from market.kit.money import Money
from market.notices.models import Notice
from market.seed.content import fen, load
from market.seed.listings import AUTHORS
from market.seed.people import Cast

FINANCE = {
    "university": "university2",
    "lidong": "wen_rong",
    "guixi": "huang_zhaoji",
    "marine": "pang_ying",
    "sugar": "wei_cuiyun",
}
"""Who confirms what arrived."""
AGENTS = {**AUTHORS, "university": "university3"}
"""Who acts in the seller's deals; the university's own login finds what is left to do."""
THIRDS = (("合同生效后十个工作日内", 30), ("样品或试运行验收合格后", 50), ("稳定运行满六个月后", 20))
HALVES = (("合同生效后十个工作日内", 50), ("技术资料交付并验收合格后", 50))
ONCE = (("合同生效后十五日内一次付清", 100),)
REGISTRY = "邕城技术合同登记处"

Moment = int | Callable[["DealRoom"], Awaitable[datetime]]
Act = Callable[["DealRoom", datetime], Awaitable[None]]
Step = tuple[Moment, Act]
"""When (days after the deal's beginning, or a moment computed from the deal) and what."""


@dataclass(frozen=True)
class Bargain:
    """What two sides deal about, and who they are."""

    outcome: str
    buyer: str
    kind: ContractKind
    wan: int
    need: str | None = None
    broker: str | None = None
    note: str = ""
    is_exclusive: bool = False
    years: int | None = None
    plan: tuple[tuple[str, int], ...] = THIRDS
    terms_note: str = ""
    parts: tuple[tuple[str, str, int], ...] = ()
    """Of the price what is not technology: kind, name, 万元."""


@dataclass
class DealRoom:
    """The state of a deal while its script is played."""

    bargain: Bargain
    number: int
    """Which deal of the demo it is; invoices and registrations are numbered by it."""
    cast: Cast
    deps: Deps
    deal: Deal = field(init=False)
    last: Offer | None = None
    """The latest offer of either side."""
    notice: Notice | None = None
    signed: Contract | None = None

    @property
    def seller(self) -> str:
        return str(load("outcomes")[self.bargain.outcome]["organisation"])

    async def person(self, side: Side) -> Actor:
        """Return who acts for a side."""
        return await self.cast.actor(
            AGENTS[self.seller] if side is Side.SELLER else AUTHORS[self.bargain.buyer]
        )

    async def finance(self) -> Actor:
        return await self.cast.actor(FINANCE[self.seller])

    @property
    def contract(self) -> Contract:
        if self.signed is None:
            raise LookupError(f"{self.deal.number} is not signed")
        return self.signed

    async def instalment(self, sequence: int) -> Instalment:
        return await Instalment.get(contract_id=self.contract.id, sequence=sequence)

    def plan(self, price: int) -> tuple[PlanRow, ...]:
        return tuple(PlanRow(words, None, price * part // 100) for words, part in self.bargain.plan)

    def terms(self, wan: float) -> OfferTerms:
        """Return the bargain's terms at a price in 万元."""
        price = fen(wan) or 0
        is_licence = self.bargain.kind is ContractKind.LICENCE
        return OfferTerms(
            kind=self.bargain.kind,
            price=Money(price),
            is_exclusive=self.bargain.is_exclusive,
            years=(self.bargain.years or 5) if is_licence else None,
            territory="中国境内" if is_licence else "",
            plan=self.plan(price),
            note=self.bargain.terms_note,
        )
