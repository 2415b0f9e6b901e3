"""A solution is submitted, submitted anew or withdrawn: in time is what arrived before the deadline."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.models import Organisation
from market.challenges.deadlines import deadline_words, exact_words, opening_words, takes_solutions
from market.challenges.models import Challenge
from market.challenges.queries import terms_of
from market.challenges.sealing import SealedVersion, open_draft, seal_version
from market.challenges.solution_content import commitment, faults_of
from market.challenges.solution_drafts import lock_own, solver_fault
from market.challenges.solution_models import Solution, SolutionVersion
from market.challenges.solution_queries import files_of
from market.challenges.solution_states import SolutionAction
from market.integrity.models import Scope
from market.integrity.sanction_acts import require_clear
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.transitions import transition


class Late(Conflict):
    """The request arrived at the deadline or after it; the draft stays."""


async def submit(solution: Solution, *, arrived_at: datetime, secret: str, by: By) -> SolutionVersion:
    """Submit what the draft holds, with the files that are whole by now; the last version counts.

    `arrived_at` is when the request reached the site: whatever it then waited for makes it no later.

    Raises:
        NotFound: it is another unit's.
        Late: it arrived too late, or the challenge takes none any more.
        Barred: a sanction keeps the organisation from it.
        Forbidden: the organisation may not solve this challenge.
        Invalid: at the first field that is wrong or missing.
    """
    if not by.actor.acts_for(solution.organisation_id):
        raise NotFound(_("没有这份方案，或者您不能查看它。"))
    organisation = await Organisation.get(id=solution.organisation_id)
    await require_clear(
        organisation.uscc,
        Scope.CHALLENGE,
        occasion="submit_solution",
        reference_kind="solution",
        reference_id=solution.id,
        now=by.now,
    )
    return await _submit(solution.id, arrived_at=arrived_at, secret=secret, by=by)


@atomic()
async def _submit(solution_id: UUID, *, arrived_at: datetime, secret: str, by: By) -> SolutionVersion:
    solution = await lock_own(solution_id, by)
    challenge = await _read_locked(solution.challenge_id)
    if not takes_solutions(challenge.status, arrived_at, challenge.opens_at, challenge.deadline_at):
        raise Late(late_words(challenge, arrived_at))
    terms = terms_of(challenge)
    if words := await solver_fault(by, challenge, terms):
        raise Forbidden(words)
    content = open_draft(secret, solution.id, solution.draft)
    if faults := faults_of(content, terms, solution.package):
        raise Invalid(faults[0][1], field=faults[0][0])
    files, salt = await files_of(solution, secret), secrets.token_hex(16)
    hash_ = commitment(
        str(challenge.id), challenge.terms_hash, content.content, [vars(file) for file in files], salt
    )
    version = await SolutionVersion.create(
        id=uuid4(),
        solution_id=solution.id,
        version=solution.version + 1,
        sealed=seal_version(secret, solution.id, SealedVersion(content, tuple(files), salt)),
        commitment=hash_,
        terms_version=challenge.version,
        arrived_at=arrived_at,
        submitted_by_id=by.actor.user_id,
        submitted_at=by.now,
    )
    changes = {"version": version.version, "submitted_at": by.now}
    await transition(solution, SolutionAction.SUBMIT, by=by, changes=changes, commitment=hash_)
    return version


@atomic()
async def withdraw(solution_id: UUID, *, arrived_at: datetime, by: By) -> Solution:
    """Withdraw a submitted solution, until the deadline; another may be begun.

    Raises:
        Late: the deadline is over.
    """
    solution = await lock_own(solution_id, by)
    challenge = await _read_locked(solution.challenge_id)
    if not takes_solutions(challenge.status, arrived_at, challenge.opens_at, challenge.deadline_at):
        raise Late(_("揭榜已经截止，提交的方案不能再撤回。"))
    return await transition(solution, SolutionAction.WITHDRAW, by=by)


async def _read_locked(challenge_id: UUID) -> Challenge:
    """Return a challenge that nobody closes, extends or ends meanwhile; many submit side by side."""
    await connection().execute_query("SELECT 1 FROM challenges WHERE id = $1 FOR SHARE", [challenge_id])
    return await Challenge.get(id=challenge_id)


def late_words(challenge: Challenge, arrived_at: datetime) -> str:
    """Return why a submission does not count, to the millisecond."""
    if challenge.opens_at is not None and arrived_at < challenge.opens_at:
        return _("揭榜还没有开始，%(at)s 开始。", at=opening_words(challenge.opens_at))
    return _(
        "揭榜已于 %(end)s（北京时间）截止，您的提交 %(at)s 到达，没有受理。草稿仍保留。",
        end=deadline_words(challenge.deadline_at),
        at=exact_words(arrived_at),
    )
