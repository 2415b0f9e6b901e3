"""Finding what fits a listing: candidates from the engine, scores from us, the best kept as rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.models import OrganisationKind
from market.kit.database import atomic, connection
from market.listings.models import Need, Outcome
from market.listings.search import VISIBLE_NEEDS, VISIBLE_OUTCOMES, build_needs, build_outcomes
from market.matching.choosing import BEST, Chosen, choose
from market.matching.facts import NeedFacts, OutcomeFacts, named_need, named_outcome
from market.matching.finding import rank
from market.matching.frequencies import load_frequencies, refresh_if_stale
from market.matching.models import Match, MatchStatus
from market.matching.reasons import with_reasons
from market.matching.scoring import WEIGHTS
from market.search.documents import prepare
from market.search.engine import Candidate, Document, SearchEngine
from market.search.vectors import load_vectors

_COLUMNS = (
    "score",
    "parts",
    "terms",
    "reasons",
    "misfits",
    "scorer_version",
    "need_revision",
    "outcome_revision",
    "computed_at",
)


async def rematch_need(need_id: UUID, *, search: SearchEngine, now: datetime) -> int:
    """Find the outcomes that fit a need best, keep them as matches, and return how many.

    A need that is no longer on the market loses what was only suggested.
    """
    await refresh_if_stale(search)
    document = (await build_needs([need_id])).get(need_id)
    if document is None:
        return await _keep([], need_id=need_id, now=now)
    need = named_need(prepare("needs", document))
    kept = await Match.filter(need_id=need_id).values_list("outcome_id", flat=True)
    return await _keep(await _best("needs", document, need, kept, search), need_id=need_id, now=now)


async def rematch_outcome(outcome_id: UUID, *, search: SearchEngine, now: datetime) -> int:
    """Find the needs that an outcome fits best, likewise."""
    await refresh_if_stale(search)
    document = (await build_outcomes([outcome_id])).get(outcome_id)
    if document is None:
        return await _keep([], outcome_id=outcome_id, now=now)
    outcome = named_outcome(prepare("outcomes", document))
    kept = await Match.filter(outcome_id=outcome_id).values_list("need_id", flat=True)
    return await _keep(
        await _best("outcomes", document, outcome, kept, search), outcome_id=outcome_id, now=now
    )


async def _best(
    index: str,
    document: Document,
    subject: NeedFacts | OutcomeFacts,
    kept: Iterable[object],
    search: SearchEngine,
) -> list[Chosen]:
    frequencies = await load_frequencies(subject.text.words)
    vectors = (await load_vectors(index, [subject.id])).get(subject.id, {})
    allowed = await _allowed(index, subject.id)
    pairs = await rank(subject, vectors=vectors, frequencies=frequencies, search=search, allow=allowed)
    chosen = choose(pairs, frequencies.idf, kept={UUID(str(one)) for one in kept})
    if index == "needs":
        needs: Mapping[UUID, Document | None] = {subject.id: document}
    else:
        needs = await build_needs([one.need_id for one in chosen])
    return with_reasons(chosen, {id_: one for id_, one in needs.items() if one}, frequencies.idf)


async def drop_suggestions(kind: str, ids: Collection[UUID]) -> None:
    """Forget what was only suggested for listings (need or outcome) that left the market."""
    await Match.filter(**{f"{kind}_id__in": list(ids)}, status=MatchStatus.SUGGESTED).delete()


async def _allowed(
    index: str, subject_id: UUID
) -> Callable[[Sequence[Candidate]], Awaitable[list[Candidate]]]:
    """Return what keeps the candidates of other organisations that have not just been withdrawn."""
    mine, theirs = (Need, Outcome) if index == "needs" else (Outcome, Need)
    statuses = VISIBLE_OUTCOMES if index == "needs" else VISIBLE_NEEDS
    subject = await mine.get(id=subject_id).select_related("organisation")

    async def allow(found: Sequence[Candidate]) -> list[Candidate]:
        others = theirs.filter(id__in=[one.id for one in found], status__in=statuses)
        # A data source outside stands for many organisations, so its listings may match each other.
        if subject.organisation.kind is not OrganisationKind.SOURCE:
            others = others.exclude(organisation_id=subject.organisation_id)
        allowed = {UUID(str(one)) for one in await others.values_list("id", flat=True)}
        return [one for one in found if one.id in allowed]

    return allow


@atomic()
async def _keep(
    pairs: Sequence[Chosen], *, now: datetime, need_id: UUID | None = None, outcome_id: UUID | None = None
) -> int:
    """Write the matches of one listing. Who works on one keeps it, whatever it scores now."""
    column, other = ("need_id", "outcome_id") if need_id else ("outcome_id", "need_id")
    subject = need_id or outcome_id
    await Match.bulk_create(
        [_row(pair, now) for pair in pairs],
        on_conflict=("need_id", "outcome_id"),
        update_fields=_COLUMNS,
    )
    await connection().execute_query(
        f"DELETE FROM matches WHERE {column} = $1 AND status = $2 AND NOT {other} = ANY($3::uuid[])",  # noqa: S608
        [subject, MatchStatus.SUGGESTED.value, [getattr(pair, other) for pair in pairs]],
    )
    # What is no longer among this side's best stays if it is among the other's.
    await connection().execute_query(
        f"DELETE FROM matches m WHERE m.{column} = $1 AND m.status = $2 AND "  # noqa: S608
        f"(SELECT count(*) FROM matches o WHERE o.{column} = m.{column} AND o.score > m.score) >= $3 AND "
        f"(SELECT count(*) FROM matches o WHERE o.{other} = m.{other} AND o.score > m.score) >= $3",
        [subject, MatchStatus.SUGGESTED.value, BEST],
    )
    return await Match.filter(**{column: subject}).count()


def _row(pair: Chosen, now: datetime) -> Match:
    return Match(
        id=uuid4(),
        need_id=pair.need_id,
        outcome_id=pair.outcome_id,
        status=MatchStatus.SUGGESTED,
        score=pair.score.value,
        parts=pair.score.parts,
        terms=pair.score.terms,
        reasons=dict(pair.reasons),
        misfits=pair.score.misfits,
        scorer_version=WEIGHTS.version,
        need_revision=pair.pair.need.revision,
        outcome_revision=pair.pair.outcome.revision,
        computed_at=now,
    )
