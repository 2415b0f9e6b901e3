"""The reading pane beside the desk's queue: one claim in short, its place in the queue, the next act."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from market.accounts.actors import Actor
from market.claims.claim_page import ClaimPage, claim_page
from market.claims.desk_queue import Neighbours, QueueQuery, find_neighbours
from market.claims.expert_panel import verdict_for
from market.claims.models import Claim, ClaimRefusal
from market.claims.queries import get_claim_at_desk
from market.claims.refusals import list_refusals
from market.claims.states import ClaimAct, ClaimStatus
from market.integrity.conflicts import list_conflicts
from market.integrity.models import DeclaredConflict
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.panels.verdicts import Verdict

OPEN = "open"
"""The parameter of the queue's address that names the claim in the pane."""


@dataclass(frozen=True)
class ReadingPane:
    """A claim that is read beside the queue."""

    page: ClaimPage
    neighbours: Neighbours
    step: str
    """The act that the claim waits for from this person; see `next_act`."""
    page_size: int
    query: str
    """The query string of the queue, without the page and the claim."""

    @property
    def before(self) -> str:
        """The query string that opens the claim before, on its page of the queue; empty: there is none."""
        place = (self.neighbours.position or 1) - 1
        return self._open(self.neighbours.before, place)

    @property
    def after(self) -> str:
        """The query string that opens the claim after, on its page of the queue; empty: there is none."""
        place = (self.neighbours.position or 0) + 1
        return self._open(self.neighbours.after, place)

    @property
    def missing(self) -> list[str]:
        """Return the papers that the rule set requires and the claim has not."""
        return [_(words) for words, is_there in self.page.papers if not is_there]

    def _open(self, number: str | None, place: int) -> str:
        if number is None:
            return ""
        return queue_address(self.query, number, (max(place, 1) - 1) // self.page_size + 1)


def queue_address(query: str, number: str, page: int = 1) -> str:
    """Return the query string of a queue's page beside which a claim is read."""
    parameters = parse_qsl(query)
    if page > 1:
        parameters.append(("page", str(page)))
    return urlencode([*parameters, (OPEN, number)])


async def read_pane(
    actor: Actor, number: str, queue: QueueQuery, page_size: int, now: datetime
) -> ReadingPane | None:
    """Return a claim to be read beside the queue; None where there is no such claim."""
    if not number:
        return None
    try:
        claim = await get_claim_at_desk(actor, number[:20])
    except NotFound:
        return None
    page = await claim_page(actor, claim, now)
    return ReadingPane(
        page=page,
        neighbours=await find_neighbours(claim.number, queue.claim_filter, queue.sort),
        step=next_act(actor, claim, await load_desk_state(page)),
        page_size=page_size,
        query=queue.query,
    )


@dataclass(frozen=True)
class DeskState:
    """What decides whose turn a claim is at the desk."""

    conflicts: Sequence[DeclaredConflict]
    refusals: Sequence[ClaimRefusal]
    """Proposed, the newest first."""
    verdict: Verdict
    """Of the experts."""
    people_behind: Collection[UUID | None]
    """Who computed what stands, and who confirmed it."""


async def load_desk_state(page: ClaimPage) -> DeskState:
    """Load whose turn a claim is from what its page has not read yet."""
    claim, parts, assessment = page.claim, page.parts, page.assessment
    people: set[UUID | None] = set()
    if assessment is not None:
        people = {assessment.proposed_by_id, assessment.decided_by_id if assessment.is_confirmed else None}
    is_reviewed = parts.has("reviews") or parts.has("round_items")
    return DeskState(
        conflicts=await list_conflicts("claim", claim.id) if parts.has("conflicts") else [],
        refusals=await list_refusals(claim) if parts.has("refusals") else [],
        verdict=await verdict_for(claim.id, page.terms) if is_reviewed else Verdict(),
        people_behind=people - {None},
    )


def next_act(actor: Actor, claim: Claim, state: DeskState) -> str:
    """Return what the claim waits for from this person: accept, calculate, recheck, or nothing.

    Nobody handles a claim in a conflict of interest, or while a refusal waits for its decision; who computed
    does not recheck.
    """
    if state.refusals and not state.refusals[0].verdict:
        return ""
    if any(conflict.user_id == actor.user_id for conflict in state.conflicts):
        return ""
    if claim.status is ClaimStatus.SUBMITTED and actor.may(ClaimAct.ACCEPT_CLAIM):
        return "accept"
    if claim.status is ClaimStatus.ACCEPTED and actor.may(ClaimAct.CALCULATE):
        return "" if state.verdict.blocks_computation else "calculate"
    if claim.status is ClaimStatus.CALCULATED and actor.may(ClaimAct.RECHECK):
        return "" if actor.user_id in state.people_behind else "recheck"
    return ""
