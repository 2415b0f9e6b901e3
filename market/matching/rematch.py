"""Finding what fits a listing: candidates from the engine, scores from us, the best kept as rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.models import OrganisationKind
from market.kit.database import atomic, connection
from market.listings.models import Need, Outcome
from market.listings.search import VISIBLE_NEEDS, VISIBLE_OUTCOMES, build_needs, build_outcomes
from market.matching.facts import NeedFacts, OutcomeFacts, need_facts, outcome_facts
from market.matching.frequencies import Frequencies, load_frequencies, refresh_if_stale
from market.matching.models import Match, MatchStatus
from market.matching.scoring import WEIGHTS, Score, Weights, score, value
from market.search.documents import prepare
from market.search.engine import Candidate, SearchEngine

BEST = 20
"""Matches that are kept for one listing; more stay when they are among the other side's best."""
ASKED_TERMS = 96
"""The terms that may find candidates: those of the title first."""
MOST_CANDIDATES = 1000
_COLUMNS = (
    "score",
    "parts",
    "terms",
    "misfits",
    "scorer_version",
    "need_revision",
    "outcome_revision",
    "computed_at",
)


@dataclass(frozen=True)
class Pair:
    """A need and an outcome with their score."""

    need_id: UUID
    outcome_id: UUID
    need_revision: int
    outcome_revision: int
    score: Score


async def rematch_need(need_id: UUID, *, search: SearchEngine, now: datetime) -> int:
    """Find the outcomes that fit a need best, keep them as matches, and return how many.

    A need that is no longer on the market loses what was only suggested.
    """
    await refresh_if_stale(search)
    document = (await build_needs([need_id])).get(need_id)
    if document is None:
        return await _keep([], need_id=need_id, now=now)
    need = need_facts(prepare("needs", document).facts())
    frequencies = await load_frequencies(need.terms)
    found = await _candidates("outcomes", need_id, list(need.terms), frequencies, search)
    kept = await Match.filter(need_id=need_id).values_list("outcome_id", flat=True)
    outcomes = [outcome_facts(one.facts, among=need.terms) for one in found]
    pairs = choose([(need, one) for one in outcomes], frequencies.idf, kept={UUID(str(one)) for one in kept})
    return await _keep(pairs, need_id=need_id, now=now)


async def rematch_outcome(outcome_id: UUID, *, search: SearchEngine, now: datetime) -> int:
    """Find the needs that an outcome fits best, likewise."""
    await refresh_if_stale(search)
    document = (await build_outcomes([outcome_id])).get(outcome_id)
    if document is None:
        return await _keep([], outcome_id=outcome_id, now=now)
    outcome = outcome_facts(prepare("outcomes", document).facts())
    frequencies = await load_frequencies(outcome.terms)
    found = await _candidates("needs", outcome_id, list(outcome.terms), frequencies, search)
    kept = await Match.filter(outcome_id=outcome_id).values_list("need_id", flat=True)
    needs = [need_facts(one.facts, among=outcome.terms) for one in found]
    pairs = choose([(one, outcome) for one in needs], frequencies.idf, kept={UUID(str(one)) for one in kept})
    return await _keep(pairs, outcome_id=outcome_id, now=now)


def choose(
    pairs: Iterable[tuple[NeedFacts, OutcomeFacts]],
    idf: Callable[[str], float],
    weights: Weights = WEIGHTS,
    *,
    kept: Collection[UUID] = (),
) -> list[Pair]:
    """Return the best pairs that are worth showing, and of the others those with a listing in `kept`."""
    scored = [(value(need, outcome, idf, weights), need, outcome) for need, outcome in pairs]
    scored.sort(key=lambda one: (-one[0], one[1].id, one[2].id))
    chosen: list[Pair] = []
    best = 0
    for total, need, outcome in scored:
        if total < weights.threshold:
            break
        is_kept = need.id in kept or outcome.id in kept
        if best >= BEST and not is_kept:
            continue
        result = score(need, outcome, idf, weights)
        if result.parts["wording"] >= weights.least_wording:
            best += 1
            chosen.append(Pair(need.id, outcome.id, need.revision, outcome.revision, result))
    return chosen


def rarest(terms: Sequence[str], index: str, frequencies: Frequencies) -> list[str]:
    """Return the rarest of the terms, as many as keep the candidates within bounds, one at least."""
    asked = sorted(terms[:ASKED_TERMS], key=lambda term: (frequencies.count_in(index, term), term))
    chosen: list[str] = []
    room = MOST_CANDIDATES
    for term in asked:
        room -= frequencies.count_in(index, term)
        if room < 0 and chosen:
            break
        chosen.append(term)
    return chosen


async def drop_suggestions(kind: str, ids: Collection[UUID]) -> None:
    """Forget what was only suggested for listings (need or outcome) that left the market."""
    await Match.filter(**{f"{kind}_id__in": list(ids)}, status=MatchStatus.SUGGESTED).delete()


async def _candidates(
    index: str, subject_id: UUID, terms: Sequence[str], frequencies: Frequencies, search: SearchEngine
) -> list[Candidate]:
    """Return what shares a rare term, without the organisation's own and what has just been withdrawn."""
    asked = rarest(terms, index, frequencies)
    found = await search.candidates(index, asked, limit=MOST_CANDIDATES) if asked else []
    mine, theirs = (Need, Outcome) if index == "outcomes" else (Outcome, Need)
    statuses = VISIBLE_OUTCOMES if index == "outcomes" else VISIBLE_NEEDS
    subject = await mine.get(id=subject_id).select_related("organisation")
    others = theirs.filter(id__in=[one.id for one in found], status__in=statuses)
    # A data source outside stands for many organisations, so its listings may match each other.
    if subject.organisation.kind is not OrganisationKind.SOURCE:
        others = others.exclude(organisation_id=subject.organisation_id)
    allowed = {UUID(str(one)) for one in await others.values_list("id", flat=True)}
    return [one for one in found if one.id in allowed]


@atomic()
async def _keep(
    pairs: Sequence[Pair], *, now: datetime, need_id: UUID | None = None, outcome_id: UUID | None = None
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


def _row(pair: Pair, now: datetime) -> Match:
    return Match(
        id=uuid4(),
        need_id=pair.need_id,
        outcome_id=pair.outcome_id,
        status=MatchStatus.SUGGESTED,
        score=pair.score.value,
        parts=pair.score.parts,
        terms=pair.score.terms,
        misfits=pair.score.misfits,
        scorer_version=WEIGHTS.version,
        need_revision=pair.need_revision,
        outcome_revision=pair.outcome_revision,
        computed_at=now,
    )
