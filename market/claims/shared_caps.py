"""Claims that share a cap: a computation made before another grant is outdated.

A claim is computed with what was granted until then. Of two claims of one applicant, or for one outcome,
that are computed side by side, the second would be awarded as if the first had got nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from market.claims.claim_facts import facts_of
from market.claims.computation import compute_claim
from market.claims.models import Claim, ClaimContract
from market.claims.queries import last_assessment
from market.claims.states import GRANTED
from market.kit.i18n import gettext as _
from market.listings.models import Outcome
from market.programmes.catalogue import compiled
from market.programmes.models import ProgrammeTerms
from market.programmes.rule_terms import Terms


async def find_outdated(
    claims: Sequence[Claim], terms_row: ProgrammeTerms, *, lock: bool = True
) -> list[tuple[Claim, str]]:
    """Return those of these claims, of one list, whose computation another claim has overtaken, and why.

    Of claims on the list itself that share a cap the first by number stands. Sets without a cap
    on what was granted before have none. With `lock` the outcomes whose cap counts are locked until the
    transaction ends: lists of two years have budgets of their own and would not wait for each other.
    """
    terms = compiled(terms_row)
    shared = _Shared(terms)
    if not shared.any or not claims:
        return []
    if lock and shared.by_outcome:
        await _lock_outcomes(claims)
    keys = {claim.id: await shared.keys_of(claim) for claim in claims}
    taken = await shared.granted_beside(claims)
    outdated: list[tuple[Claim, str]] = []
    first: dict[str, str] = {}
    for claim in sorted(claims, key=lambda claim: claim.number):
        ahead = next((first[key] for key in sorted(keys[claim.id]) if key in first), None)
        if ahead is not None:
            outdated.append((claim, _("与申报 %(number)s 共用一个上限，须在其后重新核算", number=ahead)))
        elif keys[claim.id] & taken and await _is_outdated(claim, terms):
            outdated.append((claim, _("核算以后另有补助占用了上限，须重新核算")))
        else:
            first.update(dict.fromkeys(keys[claim.id], claim.number))
    return outdated


async def _lock_outcomes(claims: Sequence[Claim]) -> None:
    """Lock what these claims are for, in one order for everybody; what is granted is read after that."""
    ids = ClaimContract.filter(claim_id__in=[claim.id for claim in claims]).values_list(
        "contract__deal__subject_id", flat=True
    )
    # Deals and matches may go on pointing at the outcome meanwhile: its key is not what is held.
    await Outcome.filter(id__in=list(set(await ids))).order_by("id").select_for_update(no_key=True)


class _Shared:
    """The caps of a set that are reduced by earlier grants, and who shares them."""

    def __init__(self, terms: Terms) -> None:
        self.by_year = any(case.year is not None and case.year.less_granted for case in terms.caps)
        self.by_outcome = any(case.outcome is not None and case.outcome.less_granted for case in terms.caps)

    @property
    def any(self) -> bool:
        return self.by_year or self.by_outcome

    async def keys_of(self, claim: Claim) -> set[str]:
        """Return the names of the caps that a claim uses."""
        keys = {f"applicant {claim.applicant_id} {claim.year}"} if self.by_year else set()
        if self.by_outcome:
            rows = ClaimContract.filter(claim_id=claim.id).values_list(
                "contract__deal__subject_id", flat=True
            )
            keys |= {f"outcome {subject_id}" for subject_id in await rows}
        return keys

    async def granted_beside(self, claims: Sequence[Claim]) -> set[str]:
        """Return the names of the caps that granted claims of the programme have used."""
        rows = (
            await ClaimContract.filter(
                claim__programme_id=claims[0].programme_id, claim__status__in=list(GRANTED)
            )
            .distinct()
            .values_list("claim__applicant_id", "claim__year", "contract__deal__subject_id")
        )
        years = {f"applicant {applicant} {year}" for applicant, year, _outcome in rows}
        return years | {f"outcome {outcome}" for _applicant, _year, outcome in rows}


async def _is_outdated(claim: Claim, terms: Terms) -> bool:
    assessment = await last_assessment(claim.id)
    if assessment is None:
        return True
    rate = assessment.given.get("rate_basis_points")
    return bool(compute_claim(await facts_of(claim), terms, rate)["award"] != assessment.award_amount)
