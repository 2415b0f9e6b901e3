"""A supplement request as a list of papers: what may be ticked, and what has come since."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from market.claims.evidence import checklist, kinds_of
from market.claims.models import Claim, Evidence
from market.claims.queries import claim_contracts
from market.claims.states import ClaimAction
from market.kit.errors import Invalid
from market.kit.i18n import gettext as _
from market.records.models import StatusEvent


@dataclass(frozen=True)
class RequestedPaper:
    """A paper that the last supplement request names."""

    words: str
    is_done: bool
    """The claim has it, and one of its kinds was added since it was requested."""


async def required_papers(claim: Claim) -> list[tuple[str, bool]]:
    """Return the papers that the claim's rule set and declared facts require, and whether it has them."""
    evidence = await Evidence.filter(claim_id=claim.id)
    return checklist(claim.terms.content, evidence, await claim_contracts(claim.id))


def supplement_text(papers: Collection[str], reason: str) -> str:
    """Return what a request says in its notice and in the claim's history.

    Raises:
        Invalid: nothing is requested.
    """
    if not papers and not reason:
        raise Invalid(_("请勾选要补的材料，或写明缺什么、怎样补。"), field="reason")
    listed = _("需要补交或更换的材料：%(papers)s。", papers="；".join(papers)) if papers else ""
    return "\n".join(part for part in (listed, reason) if part)


def requested_papers(
    claim: Claim,
    required: Sequence[tuple[str, bool]],
    evidence: Sequence[Evidence],
    events: Sequence[StatusEvent],
) -> list[RequestedPaper]:
    """Return the papers of the last request with what is done; none where it named none.

    `required` is the claim's checklist, `events` its history.
    """
    requests = [event.happened_at for event in events if event.action == ClaimAction.ASK_SUPPLEMENT]
    if not requests or not claim.supplement_papers:
        return []
    requested_at, present = max(requests), dict(required)
    added = {paper.kind for paper in evidence if paper.is_current and paper.added_at >= requested_at}
    return [
        RequestedPaper(words, present.get(words, True) and not added.isdisjoint(kinds_of(words)))
        for words in claim.supplement_papers
    ]
