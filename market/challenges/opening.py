"""All solutions of a challenge are opened together, after its deadline: by a job, one after another."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import MemberRole, StaffRole
from market.audit.log import record
from market.challenges.models import Challenge, PublishedTerms
from market.challenges.sealing import FileFacts, SealedVersion, open_file, open_version
from market.challenges.solution_content import commitment
from market.challenges.solution_models import OpenedSolution, Solution, SolutionVersion
from market.challenges.solution_states import SolutionStatus, SolutionVerb
from market.challenges.states import ChallengeAction, ChallengeStatus, EndReason, Kind
from market.challenges.watching import tell_result
from market.files.models import StoredFile, Tier
from market.files.store import FileStore
from market.kit.database import atomic, in_transaction
from market.kit.encryption import Undecipherable
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.transitions import transition

FILE_KIND = "solution"


class Broken(Exception):
    """What was sealed is not what its author was given a receipt for."""


async def open_all(challenge_id: UUID, *, secret: str, store: FileStore, now: datetime) -> None:
    """Open every submitted solution of a closed challenge, then record that all are open. Idempotent.

    Nobody reads one before all are: what was opened is shown only once the challenge says so.

    Raises:
        Broken: one is not what was committed to; the others are opened, and the job is retried.
    """
    challenge = await Challenge.get(id=challenge_id)
    if challenge.status is not ChallengeStatus.CLOSED:
        return
    submitted = Solution.filter(challenge_id=challenge_id, status=SolutionStatus.SUBMITTED)
    broken: list[str] = []
    for solution in await submitted.order_by("id"):
        version = await SolutionVersion.get(solution_id=solution.id, version=solution.version)
        if await OpenedSolution.exists(version_id=version.id):
            continue
        try:
            await _open_one(challenge, solution, version, secret=secret, store=store, now=now)
        except (Broken, Undecipherable) as error:
            broken.append(str(error))
    if broken:
        raise Broken("; ".join(broken))
    await _finish(challenge_id, now=now)


async def _open_one(
    challenge: Challenge,
    solution: Solution,
    version: SolutionVersion,
    *,
    secret: str,
    store: FileStore,
    now: datetime,
) -> None:
    """Write the last version of a solution in plain, with its files, one in memory at a time."""
    whole = checked_version(version, challenge, await _terms_hash(challenge, version), secret)
    for facts in whole.files:
        content = open_file(secret, solution.id, await store.get(facts.store_digest))
        if hashlib.sha256(content).hexdigest() != facts.sha256:
            raise Broken(f"file {facts.id}")
        await store.put(content)
    async with in_transaction():
        by = By.job(now)
        await OpenedSolution.create(
            id=uuid4(),
            version_id=version.id,
            solution_id=solution.id,
            content=whole.content.content,
            salt=whole.salt,
            opened_at=now,
        )
        await StoredFile.bulk_create([_stored(solution, version, facts) for facts in whole.files])
        await record("solution", solution.id, SolutionVerb.OPENED, by=by, commitment=version.commitment)


def _stored(solution: Solution, version: SolutionVersion, facts: FileFacts) -> StoredFile:
    return StoredFile(
        id=UUID(facts.id),
        subject_kind="solution",
        subject_id=solution.id,
        kind=FILE_KIND,
        name=facts.name,
        media_type=facts.media_type,
        size=facts.size,
        sha256=facts.sha256,
        tier=Tier.PARTIES,
        version=1,
        uploaded_by_id=version.submitted_by_id,
        uploaded_at=version.submitted_at,
    )


def checked_version(
    version: SolutionVersion, challenge: Challenge, terms_hash: str, secret: str
) -> SealedVersion:
    """Return what a version holds, once its commitment is seen to be right.

    Raises:
        Broken: it is not what was committed to.
        Undecipherable: the key is another one, or the bytes were changed.
    """
    whole = open_version(secret, version.solution_id, version.sealed)
    files = [vars(facts) for facts in whole.files]
    expected = commitment(str(challenge.id), terms_hash, whole.content.content, files, whole.salt)
    if expected != version.commitment:
        raise Broken(f"version {version.id}")
    return whole


async def _terms_hash(challenge: Challenge, version: SolutionVersion) -> str:
    terms = await PublishedTerms.get(challenge_id=challenge.id, version=version.terms_version)
    return terms.content_hash


@atomic()
async def _finish(challenge_id: UUID, *, now: datetime) -> None:
    """Record that all are open, in an order that tells nothing, or that nobody came."""
    challenge = await Challenge.filter(id=challenge_id).select_for_update().get()
    if challenge.status is not ChallengeStatus.CLOSED:
        return
    by = By.job(now)
    opened = OpenedSolution.filter(solution__challenge_id=challenge_id)
    rows = await opened.select_related("version").order_by("version__commitment")
    if not rows:
        changes = {"end_reason": EndReason.NONE_CAME}
        await transition(challenge, ChallengeAction.FIND_NONE, by=by, changes=changes)
        words = _("榜单 %(number)s 无人揭榜，流榜。", number=challenge.number)
        await _tell(challenge, words, by)
        await tell_result(challenge, words, now=now)
        return
    for place, row in enumerate(rows, 1):
        await Solution.filter(id=row.solution_id).update(place=place)
    await transition(
        challenge, ChallengeAction.OPEN_SOLUTIONS, by=by, changes={"opened_at": now}, count=len(rows)
    )
    words = _("榜单 %(number)s 的方案已统一开启，共 %(n)s 份。", number=challenge.number, n=len(rows))
    await _tell(challenge, words, by)


async def _tell(challenge: Challenge, words: str, by: By) -> None:
    address = f"/challenges/{challenge.number}"
    await notify(
        words,
        now=by.now,
        address=address,
        organisation_id=challenge.owner_id,
        roles=(MemberRole.ADMIN, MemberRole.AGENT),
    )
    if challenge.kind is Kind.GOVERNMENT:
        await notify_staff(StaffRole.OPERATOR, words, now=by.now, address=address)
