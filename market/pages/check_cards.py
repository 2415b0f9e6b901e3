"""How one stands to a programme, as a card: who gives what, what is lacking, until when, who to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from urllib.parse import urlencode

from market.eligibility.results import Eligibility, Point
from market.eligibility.states import Answer
from market.eligibility.targets import Target
from market.kit.clock import local_date
from market.kit.formats import closing_words, moment
from market.kit.i18n import gettext as _
from market.programmes.call_windows import CallWindow, WindowState
from market.programmes.models import Programme


@dataclass(frozen=True)
class Lack:
    """One condition that is not met, or not known."""

    text: str
    clause: str
    """Where it stands, without the document that the card names."""
    reason: str
    remedy: str
    is_failed: bool
    is_step: bool
    until: str
    """Until when a remedy still counts; empty where that is not known."""
    place: str
    """Where an organisation supplies it: `sales`, `contract`, `organisation`, or `claim`."""


SALES, CONTRACT, ORGANISATION, CLAIM = "sales", "contract", "organisation", "claim"
OF_CONTRACT = frozenset({"receipts", "paid_in_equity", "registered_on", "registered", "base"})


@dataclass(frozen=True)
class Card:
    """One programme."""

    slug: str
    name: str
    issuer: str
    version: str
    document: str
    year: int
    answer: Answer
    amount: int | None
    is_most: bool
    is_rate_known: bool
    met: Sequence[str]
    assumed: Sequence[str]
    lacks: Sequence[Lack]
    """What fails, then what is open."""
    call: CallWindow | None
    state: WindowState | None
    closing: str
    days: int | None
    """Until the last day of an open call."""
    until: datetime | None
    contact: str
    claim: str = ""
    """Number of the claim that is under way."""
    contracts: Sequence[str] = ()
    """Numbers of contracts to claim for."""
    has_contract: bool = True

    @property
    def is_open(self) -> bool:
        """Whether one may apply at this moment."""
        return self.state in (None, WindowState.OPEN)

    @property
    def failed(self) -> list[Lack]:
        """What fails for good, without what may still be open or can be cured."""
        return [lack for lack in self.lacks if lack.is_failed and not lack.is_step]

    @property
    def claim_query(self) -> str:
        """The query with which the form of a claim is filled in."""
        return urlencode(
            [
                ("programme", self.slug),
                ("year", self.year),
                *(("contracts", number) for number in self.contracts),
            ]
        )

    @property
    def sort_key(self) -> tuple[int, float, int, str]:
        """By answer, then by the day until which it counts, then by amount."""
        until = self.until.timestamp() if self.until else inf
        return (list(Answer).index(self.answer), until, -(self.amount or 0), self.slug)


def make_card(
    target: Target,
    result: Eligibility,
    programme: Programme,
    now: datetime,
    *,
    claim: str = "",
    contracts: Sequence[str] = (),
    has_contract: bool = True,
) -> Card:
    """Return the card of a programme; what only changes the amount is left out of what is lacking."""
    terms, call = target.terms, target.call
    document = _(terms.content["source"]["document"])
    state = call.state(now) if call else None
    lacks = [
        _lack(point, document)
        for point in sorted(result.points, key=lambda point: point.state != "failed")
        if point.is_deciding and point.state != "met"
    ]
    return Card(
        slug=terms.programme,
        name=_(programme.name),
        issuer=_(programme.issuer),
        version=terms.version,
        document=document,
        year=target.year,
        answer=result.answer,
        amount=result.amount,
        is_most=result.is_most or terms.content["rate_is"] == "ceiling",
        is_rate_known=not terms.needs_rate,
        met=[_words(point) for point in result.met if not point.is_assumed],
        assumed=[
            *(_words(point) for point in result.met if point.is_assumed),
            *(assumption.render(_) for assumption in result.assumptions),
        ],
        lacks=lacks,
        call=call,
        state=state,
        closing=_closing(call, state),
        days=(call.last_day - local_date(now)).days if call and state is WindowState.OPEN else None,
        until=result.until,
        contact=f"{call.contact}　{call.phone}" if call else _(programme.issuer),
        claim=claim,
        contracts=contracts,
        has_contract=has_contract,
    )


def _words(point: Point) -> str:
    return point.finding.text.render(_)


def _lack(point: Point, document: str) -> Lack:
    finding = point.finding
    return Lack(
        text=finding.text.render(_),
        clause=_(finding.clause).replace(document, "").strip(),
        reason=finding.reason.render(_) if finding.reason else "",
        remedy=finding.remedy.render(_) if finding.remedy else "",
        is_failed=point.state == "failed",
        is_step=point.is_in_hand,
        until=closing_words(point.until) if point.until else "",
        place=_place(point),
    )


def _place(point: Point) -> str:
    """Return where an organisation supplies what is lacking."""
    facts = {*point.missing, *point.facts, point.finding.condition}
    if "new_sales" in facts:
        return SALES
    if facts & OF_CONTRACT:
        return CONTRACT
    if any(fact.startswith("applicant.") for fact in facts):
        return ORGANISATION
    return CLAIM


def _closing(call: CallWindow | None, state: WindowState | None) -> str:
    """Return until when, or from when, one may apply."""
    if call is None:
        return _("申报期未公布")
    if state is WindowState.UPCOMING:
        return _("%(at)s 开始", at=moment(call.opens_at))
    if state is WindowState.CLOSED:
        return _("已于 %(at)s 截止", at=closing_words(call.closes_at))
    return closing_words(call.closes_at)
