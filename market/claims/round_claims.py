"""Claims as what review rounds judge: which may be judged, and a round over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.claims.models import Claim
from market.claims.states import ClaimStatus
from market.experts.avoidances import list_avoided
from market.experts.forms import AvoidForm
from market.experts.models import AvoidedExpert
from market.experts.states import MOST_AVOIDED, ExpertAct
from market.kit.database import atomic
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.panels.models import Panel
from market.panels.round_models import Round
from market.panels.round_preparation import prepare_round
from market.panels.round_rules import RoundRules, read_rules, with_bands
from market.panels.round_states import RoundStatus
from market.panels.rounds import round_over, standing_items
from market.panels.scoring import bands_of
from market.panels.states import PanelAct
from market.programmes.catalogue import version_in_force
from market.programmes.models import Programme
from market.records.by import By

KIND = "claim"
BEFORE_JUDGING = frozenset({ClaimStatus.SUBMITTED, ClaimStatus.SUPPLEMENT, ClaimStatus.ACCEPTED})
"""Statuses of a claim that was handed in, in which experts may still be drawn for it."""
MOST = 200
"""Claims of one round."""


async def claims_to_judge(programme: Programme, year: int) -> list[Claim]:
    """Return the accepted claims of a programme and year that nobody judges yet, the oldest first."""
    claims = _unjudged().filter(programme_id=programme.id, year=year)
    return await claims.order_by("submitted_at").limit(MOST)


async def latest_to_judge() -> Claim | None:
    """Return the claim accepted last that nobody judges yet, with its programme."""
    return await _unjudged().order_by("-year", "-submitted_at").select_related("programme").first()


def _unjudged() -> QuerySet[Claim]:
    concluded = Panel.filter(subject_kind=KIND, concluded_at__not_isnull=True).values("subject_id")
    return (
        Claim.filter(status=ClaimStatus.ACCEPTED)
        .exclude(id__in=Subquery(standing_items(KIND).values("subject_id")))
        .exclude(id__in=Subquery(concluded))
    )


@dataclass(frozen=True)
class Avoidance:
    """Whom an applicant asks to avoid before the experts of a claim are drawn."""

    named: Sequence[AvoidedExpert]
    form: AvoidForm
    rules: RoundRules | None
    """Of the round that will judge the claim; None: there is none yet."""
    is_late: bool
    """The experts are drawn: what is named now counts for later rounds."""
    most: int = MOST_AVOIDED


async def avoidance_of(actor: Actor, claim: Claim) -> Avoidance | None:
    """Return whom the applicant asks to avoid while experts may be drawn for a claim; None at other times."""
    if not actor.may(ExpertAct.AVOID_EXPERTS) or claim.status not in BEFORE_JUDGING:
        return None
    round_ = await round_over(KIND, claim.id)
    return Avoidance(
        named=await list_avoided(claim.applicant_id),
        form=AvoidForm(),
        rules=read_rules(round_.rules) if round_ else None,
        is_late=round_ is not None and round_.status is not RoundStatus.DRAFTING,
    )


@atomic()
async def prepare_claim_round(
    programme: Programme,
    year: int,
    *,
    claim_ids: Sequence[UUID],
    title: str,
    rules: RoundRules,
    salt: str,
    by: By,
) -> Round:
    """Prepare a round over accepted claims, with the bands of the programme.

    Raises:
        Conflict: a claim is not accepted any more, or somebody judges it already.
        Invalid: see `prepare_round`.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    locked = await Claim.filter(id__in=list(claim_ids)).order_by("id").select_for_update()
    judged = {claim.id for claim in await claims_to_judge(programme, year)}
    if any(claim.id not in judged for claim in locked) or len(locked) != len(set(claim_ids)):
        raise Conflict(_("只有已受理、还没有核算也没有列入评审的申报可以列入评审。"))
    terms = await version_in_force(programme.id, year)
    return await prepare_round(
        subject_kind=KIND,
        subject_ids=claim_ids,
        title=title,
        scope={"programme": programme.slug, "year": year},
        rules=with_bands(rules, bands_of(terms.content.get("scoring"))),
        salt=salt,
        by=by,
    )
