"""The guarded ways to solutions: sealed ones for their authors alone, opened ones as `visibility` says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from market.accounts.actors import Actor
from market.challenges.models import Challenge
from market.challenges.queries import is_owner
from market.challenges.sealing import FileFacts, open_facts
from market.challenges.solution_models import (
    ChallengeExtension,
    OpenedSolution,
    SealedFile,
    Solution,
    SolutionVersion,
)
from market.challenges.solution_states import HANDED_IN, SolutionStatus
from market.challenges.states import ChallengeAct
from market.challenges.visibility import Part, Phase, Viewer, may_know, phase_of
from market.files.models import StoredFile
from market.integrity.related_parties import relation_between
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _

MOST = 200
"""Solutions in a list of one's own."""


def viewer_of(actor: Actor | None, challenge: Challenge, solution: Solution | None = None) -> Viewer:
    """Return as whom a person, or a guest, looks at a solution of a challenge."""
    if actor is None:
        return Viewer.PUBLIC
    if solution is not None and actor.acts_for(solution.organisation_id):
        return Viewer.AUTHOR
    if is_owner(actor, challenge):
        return Viewer.OWNER
    return Viewer.OFFICE if actor.may(ChallengeAct.READ_CHALLENGES) else Viewer.PUBLIC


def phase_at(challenge: Challenge) -> Phase:
    """Return the phase in which the solutions of a challenge are."""
    return phase_of(challenge.status, is_opened=challenge.opened_at is not None)


async def own_solution(actor: Actor | None, challenge: Challenge, package: int) -> Solution | None:
    """Return the solution of the organisation that the person acts for, to a challenge or a package of it."""
    if actor is None or not actor.acts_for(actor.organisation_id):
        return None
    solutions = Solution.filter(
        challenge_id=challenge.id, package=package, organisation_id=actor.organisation_id
    )
    return await solutions.exclude(status=SolutionStatus.WITHDRAWN).first()


async def list_own_solutions(actor: Actor, challenge: Challenge | None = None) -> list[Solution]:
    """Return the solutions of the person's organisation, the latest first; of one challenge, where given."""
    if not actor.acts_for(actor.organisation_id):
        return []
    solutions = Solution.filter(organisation_id=actor.organisation_id)
    if challenge is not None:
        solutions = solutions.filter(challenge_id=challenge.id)
    return await solutions.order_by("-updated_at").limit(MOST).select_related("challenge__owner")


async def files_of(solution: Solution, secret: str) -> list[FileFacts]:
    """Return the files of a draft, the first uploaded before."""
    rows = await SealedFile.filter(solution_id=solution.id, removed_at=None).order_by("uploaded_at", "id")
    return [open_facts(secret, solution.id, row.sealed) for row in rows]


async def versions_of(solution: Solution) -> list[SolutionVersion]:
    """Return what was submitted, the latest first."""
    versions = SolutionVersion.filter(solution_id=solution.id).order_by("-version")
    return await versions.select_related("submitted_by")


async def count_submitted(challenge_id: UUID) -> int:
    """Return how many solutions stand as submitted; before the opening told only where the owner chose so."""
    return await Solution.filter(challenge_id=challenge_id, status__in=list(HANDED_IN)).count()


async def list_opened(actor: Actor | None, challenge: Challenge) -> list[OpenedSolution]:
    """Return the opened solutions that the person may read, in the order of their places."""
    viewer, phase = viewer_of(actor, challenge), phase_at(challenge)
    if not may_know(Part.CONTENT, viewer, phase):
        return []
    opened = OpenedSolution.filter(solution__challenge_id=challenge.id).order_by("solution__place")
    return await opened.select_related("solution__organisation", "version")


async def get_opened_for(actor: Actor | None, challenge: Challenge, place: int) -> OpenedSolution:
    """Return an opened solution by its place.

    Raises:
        NotFound: there is none, it is sealed, or it is not the person's to read.
    """
    opened = (
        await OpenedSolution.filter(solution__challenge_id=challenge.id, solution__place=place)
        .select_related("solution__organisation", "version")
        .first()
    )
    if opened is None or not may_know(
        Part.CONTENT, viewer_of(actor, challenge, opened.solution), phase_at(challenge)
    ):
        raise NotFound(_("没有这份方案，或者您不能查看它。"))
    return opened


async def may_open_file(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open a file of an opened solution."""
    solution = await Solution.get_or_none(id=file.subject_id).select_related("challenge")
    if solution is None:
        return False
    viewer = viewer_of(actor, solution.challenge, solution)
    return may_know(Part.FILES, viewer, phase_at(solution.challenge))


async def ties_of(challenge: Challenge, solutions: Sequence[Solution]) -> dict[UUID, str]:
    """Return in words how leading units are related to the owner, by what is known of shares and offices."""
    ties = {}
    for solution in solutions:
        codes = solution.organisation.uscc or "", challenge.owner.uscc or ""
        if words := await relation_between(*codes):
            ties[solution.id] = words
    return ties


async def sealed_solutions(solution_ids: Collection[UUID]) -> Collection[UUID]:
    """Return those of these solutions that are sealed: nobody is told who acted on them, or when."""
    rows = await Solution.filter(id__in=list(solution_ids)).select_related("challenge")
    return {row.id for row in rows if row.challenge.opened_at is None}


async def extension_of(challenge_id: UUID) -> ChallengeExtension | None:
    """Return how a deadline was extended."""
    return await ChallengeExtension.get_or_none(challenge_id=challenge_id)
