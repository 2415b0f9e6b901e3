"""A run judges all verified organisations, batch by batch; killed anywhere, it goes on where it was."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from market.accounts.models import Organisation, OrganisationStatus
from market.audit.log import record
from market.eligibility.facts import read_book
from market.eligibility.judging import OwnEligibility, judge_organisation, read_catalogue
from market.eligibility.models import EligibilityRun
from market.eligibility.states import EligibilityAct, RunVerb
from market.eligibility.telling import tell
from market.kit.database import atomic, connection
from market.kit.jobs import enqueue
from market.records.by import By

BATCH = 200
"""Organisations of one transaction."""
JOB = "eligibility.run"
_STORE = """
INSERT INTO eligibility_records
    (organisation_id, terms_id, year, answer, amount, until_at, call_id, has_claim, judged_at)
SELECT organisation_id, terms_id, year, answer, amount, until_at, call_id, has_claim, $2
FROM jsonb_to_recordset($1::jsonb) AS row (organisation_id uuid, terms_id uuid, year int, answer text,
    amount bigint, until_at timestamptz, call_id uuid, has_claim boolean)
ON CONFLICT (organisation_id, terms_id, year) DO UPDATE SET answer = excluded.answer,
    amount = excluded.amount, until_at = excluded.until_at, call_id = excluded.call_id,
    has_claim = excluded.has_claim, judged_at = excluded.judged_at
"""
_DROP = "DELETE FROM eligibility_records WHERE organisation_id = ANY($1::uuid[]) AND judged_at < $2"
_FROM_THE_FIRST = "UPDATE eligibility_runs SET last_organisation_id = NULL WHERE finished_at IS NULL"
_BEGIN = "INSERT INTO eligibility_runs (begun_at) VALUES ($1) ON CONFLICT DO NOTHING"


@atomic()
async def request_run(*, by: By) -> None:
    """Have a job judge all organisations, for the operator; one that is under way goes on."""
    by.actor.require(EligibilityAct.RUN_ELIGIBILITY)
    await enqueue_run(by.now)
    run = await EligibilityRun.get(finished_at=None)
    await record("eligibility_run", UUID(int=run.id), RunVerb.REQUEST, by=by)


async def enqueue_run(now: datetime, *, is_anew: bool = False) -> None:
    """Begin a run unless one is under way, and enqueue its job, in the caller's transaction.

    `is_anew`: what answers rest on has changed, so one that is under way begins again with the first.
    """
    await connection().execute_query(_BEGIN, [now])
    if is_anew:
        await connection().execute_query(_FROM_THE_FIRST)
    await enqueue(JOB, lock=JOB)


async def run_to_end(now: datetime, *, batch: int = BATCH) -> EligibilityRun | None:
    """Carry out the run that is under way, batch by batch; return it, or None where there is none."""
    run = await EligibilityRun.get_or_none(finished_at=None)
    if run is None:
        return None
    while await run_batch(run.id, now, batch=batch):
        pass
    return await EligibilityRun.get(id=run.id)


@atomic()
async def run_batch(run_id: int, now: datetime, *, batch: int = BATCH) -> bool:
    """Judge and tell the next organisations of a run; return False once it is at its end.

    What a batch writes and how far the run is are one transaction, so nothing is done twice or left out.
    """
    started = time.monotonic()
    run = await EligibilityRun.filter(id=run_id).select_for_update().get()
    if run.finished_at is not None:
        return False
    organisations = await _next(run, batch)
    news = 0
    if organisations:
        catalogue = await read_catalogue(now)
        book = await read_book(organisations)
        results = {
            organisation.id: judge_organisation(organisation, catalogue, book, now)
            for organisation in organisations
        }
        await _store(organisations, [own for judged in results.values() for own in judged], now)
        news = await tell(organisations, results, catalogue, now=now)
        run.last_organisation_id = organisations[-1].id
    else:
        run.finished_at = now
    run.organisations += len(organisations)
    run.told += news
    run.milliseconds += round((time.monotonic() - started) * 1000)
    await run.save()
    return run.finished_at is None


async def _next(run: EligibilityRun, batch: int) -> list[Organisation]:
    rest = Organisation.filter(status=OrganisationStatus.VERIFIED)
    if run.last_organisation_id is not None:
        rest = rest.filter(id__gt=run.last_organisation_id)
    return await rest.order_by("id").limit(batch)


async def _store(
    organisations: Sequence[Organisation], results: Sequence[OwnEligibility], now: datetime
) -> None:
    """Write how organisations stand now, and drop what is not for them any more."""
    rows = []
    for own in results:
        call, until = own.result.call, own.result.until
        rows.append(
            {
                "organisation_id": str(own.organisation_id),
                "terms_id": str(own.terms_id),
                "year": own.target.year,
                "answer": own.result.answer.value,
                "amount": own.result.amount,
                "until_at": until.isoformat() if until else None,
                "call_id": str(call.id) if call else None,
                "has_claim": bool(own.source.claim),
            }
        )
    if rows:
        await connection().execute_query(_STORE, [json.dumps(rows), now])
    await connection().execute_query(_DROP, [[organisation.id for organisation in organisations], now])
