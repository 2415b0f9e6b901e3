"""A challenge before anybody else sees it: written by its owner, changed, and submitted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import Organisation, StaffRole
from market.audit.log import record
from market.challenges.challenge_terms import ChallengeTerms
from market.challenges.models import Challenge
from market.challenges.queries import is_owner, lock_challenge, may_put_up, terms_of
from market.challenges.rules import FEWEST_WORDS, Fault, listing_faults
from market.challenges.states import (
    ChallengeAct,
    ChallengeAction,
    ChallengeStatus,
    ChallengeVerb,
    EndReason,
    Kind,
)
from market.codes.numbers import next_number
from market.integrity.models import Scope
from market.integrity.sanction_acts import require_clear
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.terms import to_columns
from market.listings.masking import MASKED_TEXTS
from market.listings.models import Need
from market.records.by import By
from market.records.transitions import begin, transition

ARGUMENTS = ("argument_need", "argument_measure", "argument_input")
"""Columns of what is argued (论证) before a challenge is listed."""
PUT_UP_AGAIN = (ChallengeStatus.REJECTED, ChallengeStatus.NO_TAKER, ChallengeStatus.ENDED)
"""Statuses of what came to nothing and may be put up again."""
_MASKED = ("title", "summary", *MASKED_TEXTS, "conditions", "ownership_note", "background_rights", "spread")


@dataclass(frozen=True)
class Arguments:
    """What is argued before the listing: not published."""

    argument_need: str = ""
    argument_measure: str = ""
    argument_input: str = ""


@atomic()
async def create(
    terms: ChallengeTerms,
    arguments: Arguments,
    *,
    need: Need | None = None,
    follows: Challenge | None = None,
    by: By,
) -> Challenge:
    """Write a draft of a challenge of the own organisation, from a need or from one that came to nothing.

    Raises:
        Forbidden: the organisation is of a kind that puts nothing up.
        NotFound: the need or the earlier challenge is another's.
        Conflict: the earlier challenge still runs.
    """
    by.actor.require(ChallengeAct.DRAFT_CHALLENGE)
    organisation_id = by.actor.organisation_id
    if organisation_id is None or not by.actor.acts_for(organisation_id) or not may_put_up(by.actor):
        raise Forbidden(_("企业和主管部门可以发榜，您的单位不能。"))
    if need is not None and need.organisation_id != organisation_id:
        raise NotFound(_("没有这项需求，或者不是您单位的。"))
    if follows is not None and follows.owner_id != organisation_id:
        raise NotFound(_("没有这张榜，或者您不能查看它。"))
    if follows is not None and follows.status not in PUT_UP_AGAIN:
        raise Conflict(_("这张榜还没有结束，不能重新张榜。"))
    challenge = await Challenge.create(
        id=uuid4(),
        number=await next_number("challenge", by.now),
        owner_id=organisation_id,
        need_id=need.id if need else None,
        follows_id=follows.id if follows else None,
        created_by_id=by.actor.user_id,
        created_at=by.now,
        updated_at=by.now,
        **to_columns(terms),
        **vars(arguments),
    )
    await begin(challenge, by=by)
    await record("challenge", challenge.id, ChallengeVerb.CREATED, by=by, number=challenge.number)
    return challenge


@atomic()
async def edit(number: str, terms: ChallengeTerms, arguments: Arguments, *, by: By) -> Challenge:
    """Change a draft.

    Raises:
        Conflict: it was submitted.
    """
    challenge = await lock_draft(number, by)
    values: dict[str, Any] = {**to_columns(terms), **vars(arguments), "updated_at": by.now}
    challenge.update_from_dict(values)
    await challenge.save(update_fields=list(values))
    await record("challenge", challenge.id, ChallengeVerb.EDITED, by=by)
    return challenge


async def submit(number: str, *, by: By) -> Challenge:
    """Submit a draft, to be argued about.

    Raises:
        Barred: a sanction keeps the organisation from it.
        Invalid: at the first field that is wrong or missing, see `submission_faults`.
        Conflict: it was submitted before.
    """
    challenge = await Challenge.get_or_none(number=number).select_related("owner")
    if challenge is None or not is_owner(by.actor, challenge):
        raise NotFound(_("没有这张榜，或者您不能查看它。"))
    by.actor.require(ChallengeAct.DRAFT_CHALLENGE)
    await require_clear(
        challenge.owner.uscc,
        Scope.CHALLENGE,
        occasion="submit_challenge",
        reference_kind="challenge",
        reference_id=challenge.id,
        now=by.now,
    )
    return await _submit(number, by=by)


@atomic()
async def _submit(number: str, *, by: By) -> Challenge:
    challenge = await lock_draft(number, by)
    owner = await Organisation.get(id=challenge.owner_id)
    if faults := submission_faults(challenge, owner.name, by.now):
        raise Invalid(faults[0][1], field=faults[0][0])
    await transition(
        challenge,
        ChallengeAction.SUBMIT,
        by=by,
        changes={"submitted_at": by.now, "return_reason": ""},
        terms=terms_of(challenge).content_hash,
    )
    await notify_staff(
        StaffRole.OPERATOR,
        _("榜单 %(number)s 待论证：%(title)s。", number=challenge.number, title=challenge.title[:60]),
        now=by.now,
        address=f"/admin/challenges/{challenge.number}",
    )
    return challenge


def submission_faults(challenge: Challenge, owner_name: str, now: datetime) -> list[Fault]:
    """Return all that keeps a draft from being submitted, each at its field of the form."""
    terms = terms_of(challenge)
    faults = listing_faults(terms, now)
    faults += [
        (name, _("请写论证意见，至少 %(n)s 个字。", n=FEWEST_WORDS))
        for name in ARGUMENTS
        if len(getattr(challenge, name).strip()) < FEWEST_WORDS
    ]
    if terms.is_masked:
        sentence = _("这里写了单位名称。不公开单位名称的榜单，正文也不要写。")
        faults += [
            (name, sentence) for name in _MASKED if owner_name and owner_name in str(getattr(terms, name, ""))
        ]
    if terms.kind is Kind.GOVERNMENT and terms.is_masked:
        faults.append(("is_masked", _("政府榜须公开发榜单位。")))
    return faults


async def lock_draft(number: str, by: By) -> Challenge:
    """Return a draft of the organisation that the person acts for, locked.

    Raises:
        NotFound: there is none, or it is another's.
        Conflict: it was submitted.
    """
    by.actor.require(ChallengeAct.DRAFT_CHALLENGE)
    challenge = await lock_challenge(number)
    if not by.actor.acts_for(challenge.owner_id):
        raise NotFound(_("没有这张榜，或者您不能查看它。"))
    if challenge.status is not ChallengeStatus.DRAFT:
        raise Conflict(_("已提交的榜单不能再改；要改先请平台退回。"))
    return challenge


def rejection_reasons() -> tuple[EndReason, ...]:
    """Return why a submitted challenge may be rejected."""
    return (EndReason.NOT_ARGUED, EndReason.SECRET)
