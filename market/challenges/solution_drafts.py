"""A solution while it is written: begun, changed, with files that are encrypted before they are stored."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from uuid import UUID, uuid4

from starlette.datastructures import UploadFile

from market.accounts.models import Organisation
from market.audit.log import record
from market.challenges.challenge_terms import WHOLE, ChallengeTerms
from market.challenges.deadlines import deadline_words, opening_words, takes_solutions
from market.challenges.models import Challenge
from market.challenges.queries import is_owner, terms_of
from market.challenges.sealing import FileFacts, seal_draft, seal_facts, seal_file
from market.challenges.solution_content import SolutionContent
from market.challenges.solution_models import SealedFile, Solution
from market.challenges.solution_states import SolutionStatus, SolutionVerb
from market.challenges.states import PUBLIC, ChallengeAct, Kind
from market.files.store import FileStore
from market.files.uploads import MAX_SIZE, check_content
from market.integrity.related_parties import relation_between
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.foreign_files import in_file_thread
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.transitions import begin

MOST_FILES = 10
"""Files of a draft."""
AT_ONCE = 3
"""Files that are encrypted and stored at the same time: each takes some three times its size of memory."""
_stores = asyncio.Semaphore(AT_ONCE)
WRITTEN = (SolutionStatus.DRAFT, SolutionStatus.SUBMITTED)
"""Statuses in which an author writes; what was submitted stays as it is until it is submitted again."""


def own_kind_fault(terms: ChallengeTerms, kind: str | None) -> str:
    """Return why a unit of this kind may not solve; empty where it may."""
    if not terms.solvers or kind in {row.kind.value for row in terms.solvers}:
        return ""
    kinds = "、".join(str(row.kind.label) for row in terms.solvers)
    return _("这张榜只由这些单位揭榜：%(kinds)s。", kinds=kinds)


async def solver_fault(by: By, challenge: Challenge, terms: ChallengeTerms) -> str:
    """Return why the person's organisation may not solve a challenge; empty where it may."""
    if is_owner(by.actor, challenge):
        return _("发榜方不能揭自己的榜。")
    kind = by.actor.organisation_kind
    if words := own_kind_fault(terms, kind.value if kind else None):
        return words
    if terms.kind is not Kind.GOVERNMENT:
        return ""
    solver = await Organisation.get(id=by.actor.organisation_id)
    owner = await Organisation.get(id=challenge.owner_id)
    tie = await relation_between(solver.uscc or "", owner.uscc or "")
    return _("贵单位与发榜方存在关联关系（%(tie)s），不能揭这张榜。", tie=tie) if tie else ""


@atomic()
async def begin_solution(challenge: Challenge, package: int, *, by: By) -> Solution:
    """Begin a draft; the one that the organisation has already is returned.

    Raises:
        Forbidden: it may not solve this challenge.
        Conflict: it takes no solutions, or the package does not exist.
    """
    by.actor.require(ChallengeAct.SOLVE_CHALLENGE)
    organisation_id = by.actor.organisation_id
    if organisation_id is None or not by.actor.acts_for(organisation_id):
        raise Forbidden(_("请先加入已认证的单位，再代表它揭榜。"))
    terms = terms_of(challenge)
    if challenge.status not in PUBLIC or not is_package(terms, package):
        raise NotFound(_("没有这张榜，或者您不能查看它。"))
    if words := await solver_fault(by, challenge, terms):
        raise Forbidden(words)
    await Organisation.filter(id=organisation_id).select_for_update().get()
    existing = Solution.filter(
        challenge_id=challenge.id, package=package, organisation_id=organisation_id
    ).exclude(status=SolutionStatus.WITHDRAWN)
    if (solution := await existing.first()) is not None:
        return solution
    if not takes_solutions(challenge.status, by.now, challenge.opens_at, challenge.deadline_at):
        raise Conflict(closed_words(challenge, by))
    solution = await Solution.create(
        id=uuid4(),
        challenge_id=challenge.id,
        package=package,
        organisation_id=organisation_id,
        created_by_id=by.actor.user_id,
        created_at=by.now,
        updated_at=by.now,
    )
    await begin(solution, by=by)
    await record("solution", solution.id, SolutionVerb.BEGUN, by=by)
    return solution


def is_package(terms: ChallengeTerms, package: int) -> bool:
    """Return whether a solution may be of this package: of the whole only where there are none."""
    return package == WHOLE if not terms.packages else 0 < package <= len(terms.packages)


def closed_words(challenge: Challenge, by: By) -> str:
    """Return why a challenge takes no solutions now."""
    if challenge.opens_at is not None and by.now < challenge.opens_at:
        return _("揭榜还没有开始，%(at)s 开始。", at=opening_words(challenge.opens_at))
    return _(
        "揭榜已于 %(at)s（北京时间）截止。您的草稿仍保留，但不再受理。",
        at=deadline_words(challenge.deadline_at),
    )


@atomic()
async def save(solution_id: UUID, content: SolutionContent, *, secret: str, by: By) -> Solution:
    """Save what was typed, encrypted; also after the deadline, though it is submitted no more."""
    solution = await lock_own(solution_id, by)
    solution.draft = seal_draft(secret, solution.id, content)
    solution.updated_at = by.now
    await solution.save(update_fields=["draft", "updated_at"])
    return solution


async def add_file(
    solution_id: UUID, file: UploadFile | None, *, secret: str, store: FileStore, by: By
) -> FileFacts:
    """Check a file, encrypt it, store it and add it to a draft; few at once, so that memory is bounded.

    Raises:
        Invalid: at `file`: nothing was chosen, it is not accepted, or the draft has too many.
    """
    async with _stores:
        facts = await _store(solution_id, file, secret=secret, store=store)
    await _attach(solution_id, facts, secret=secret, by=by)
    return facts


async def _store(solution_id: UUID, file: UploadFile | None, *, secret: str, store: FileStore) -> FileFacts:
    """Check, encrypt and store a file; whoever waits for the database afterwards holds nothing of it."""
    if file is None or not file.filename:
        raise Invalid(_("请选择文件。"), field="file")
    # In the few threads of their own pool: each thread keeps what it once needed of memory.
    facts, sealed = await in_file_thread(_seal, secret, solution_id, file)
    return replace(facts, store_digest=await store.put(sealed))


def _seal(secret: str, solution_id: UUID, file: UploadFile) -> tuple[FileFacts, bytes]:
    """Read, check and encrypt a file; where it is stored is not known yet."""
    upload = check_content(str(file.filename), file.file.read(MAX_SIZE + 1))
    digest, size = hashlib.sha256(upload.content).hexdigest(), len(upload.content)
    facts = FileFacts(str(uuid4()), upload.name, upload.media_type, size, digest, "")
    return facts, seal_file(secret, solution_id, upload.content)


@atomic()
async def _attach(solution_id: UUID, facts: FileFacts, *, secret: str, by: By) -> None:
    solution = await lock_own(solution_id, by)
    if await SealedFile.filter(solution_id=solution.id, removed_at=None).count() >= MOST_FILES:
        raise Invalid(_("一份方案最多 %(n)s 个文件。", n=MOST_FILES), field="file")
    await SealedFile.create(
        id=UUID(facts.id),
        solution_id=solution.id,
        sealed=seal_facts(secret, solution.id, facts),
        store_digest=facts.store_digest,
        uploaded_by_id=by.actor.user_id,
        uploaded_at=by.now,
    )


@atomic()
async def remove_file(solution_id: UUID, file_id: UUID, *, by: By) -> None:
    """Take a file out of a draft; versions that were submitted with it still hold it."""
    solution = await lock_own(solution_id, by)
    file = await SealedFile.get_or_none(id=file_id, solution_id=solution.id, removed_at=None)
    if file is None:
        raise NotFound(_("没有这个文件，或者您不能打开它。"))
    file.removed_at = by.now
    await file.save(update_fields=["removed_at"])


async def lock_own(solution_id: UUID, by: By) -> Solution:
    """Return a solution that the person writes, locked.

    Raises:
        NotFound: there is none, or it is another unit's.
        Conflict: it was opened or withdrawn.
    """
    by.actor.require(ChallengeAct.SOLVE_CHALLENGE)
    solution = await Solution.filter(id=solution_id).select_for_update().first()
    if solution is None or not by.actor.acts_for(solution.organisation_id):
        raise NotFound(_("没有这份方案，或者您不能查看它。"))
    if solution.status not in WRITTEN or solution.place is not None:
        raise Conflict(str(solution.workflow.refusal))
    return solution
