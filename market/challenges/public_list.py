"""The public list of challenges: a page of it, how many stand where, what is new."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.accounts.actors import Actor
from market.challenges.list_filters import STAGE_SQL, ListFilter, Stage
from market.challenges.models import Challenge
from market.challenges.queries import leads_to_need
from market.challenges.states import PUBLIC, TAKING
from market.codes import regions
from market.kit.database import connection
from market.kit.pagination import Page, PageRequest
from market.listings.models import Need

_FROM = "FROM challenges c JOIN organisations o ON o.id = c.owner_id WHERE "


async def list_challenges(
    wanted: ListFilter, page_request: PageRequest, now: datetime
) -> tuple[Page[Challenge], dict[Stage, int]]:
    """Return a page of the list, and how many of what was asked for stand under each tab."""
    conditions, values = wanted.conditions(now)
    counts = await _count_stages(conditions, values)
    total = sum(counts.values()) if wanted.stage is None else counts[wanted.stage]
    if wanted.stage is not None:
        conditions.append(f"({STAGE_SQL}) = '{wanted.stage}'")
    rows = await connection().execute_query_dict(
        f"SELECT c.id {_FROM}{' AND '.join(conditions)} ORDER BY {wanted.order} "
        f"LIMIT {page_request.size} OFFSET {page_request.offset}",
        values,
    )
    by_id = await _by_id([row["id"] for row in rows])
    return page_request.page([by_id[row["id"]] for row in rows], total), counts


async def _count_stages(conditions: list[str], values: list[object]) -> dict[Stage, int]:
    rows = await connection().execute_query_dict(
        f"SELECT {STAGE_SQL} AS stage, count(*) AS count {_FROM}{' AND '.join(conditions)} GROUP BY 1",
        values,
    )
    counts = {str(row["stage"]): int(row["count"]) for row in rows}
    return {stage: counts.get(stage, 0) for stage in Stage}


async def list_regions() -> list[tuple[str, str]]:
    """Return the cities that public challenges are from, as code and name, for a choice."""
    rows = await connection().execute_query_dict(
        "SELECT DISTINCT substr(o.region, 1, 4) AS city FROM challenges c "
        "JOIN organisations o ON o.id = c.owner_id WHERE c.status = ANY($1::text[]) AND o.region <> ''",
        [[status.value for status in PUBLIC]],
    )
    codes = sorted(f"{row['city']}00" for row in rows)
    return [(code, regions.full_name(code)) for code in codes if regions.is_known(code)]


def city_of(challenge: Challenge) -> str:
    """Return the name of the owner's city, which a masked one tells too; empty where it is not known."""
    code = f"{challenge.owner.region[:4]}00"
    return regions.full_name(code) if regions.is_known(code) else ""


async def list_of_need(actor: Actor | None, need: Need) -> list[Challenge]:
    """Return the public challenges that were written from a need, the latest first.

    Where only one of both is masked, who may not know the owner is not led from one to the other.
    """
    rows = Challenge.filter(need_id=need.id, status__in=PUBLIC).order_by("-published_at")
    challenges = await rows.select_related("owner")
    return [challenge for challenge in challenges if leads_to_need(actor, challenge, need)]


async def list_latest(most: int) -> list[Challenge]:
    """Return what was listed last, with the owners."""
    rows = Challenge.filter(status__in=PUBLIC).order_by("-published_at", "-number").limit(most)
    return await rows.select_related("owner")


async def list_open(most: int, now: datetime) -> list[Challenge]:
    """Return what takes solutions now, the nearest deadline first, with the owners."""
    rows = Challenge.filter(status__in=TAKING, opens_at__lte=now, deadline_at__gt=now)
    return await rows.order_by("deadline_at", "number").limit(most).select_related("owner")


async def _by_id(ids: list[UUID]) -> dict[UUID, Challenge]:
    return {row.id: row for row in await Challenge.filter(id__in=ids).select_related("owner")}
