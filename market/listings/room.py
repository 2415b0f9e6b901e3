"""What the room of outcomes and needs contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from market.accounts.actors import Actor
from market.deps import Deps
from market.kit.i18n import Lazy, lazy
from market.kit.menus import Menu, MenuEntry, WorkEntry, WorkGroup
from market.kit.room import MomentHandler, PersonalData, Room
from market.kit.subjects import Subject, find_by
from market.listings import (
    contacts,
    file_views,
    freshness,
    lifecycle,
    models,
    queries,
    review_digest,
    search,
    views,
    worklist,
)
from market.listings.askable import askable
from market.listings.deadlines import expiry_act, reminder_act
from market.listings.kinds import NEED, OUTCOME, Kind
from market.listings.listing_files import FileKind, may_open_listing_file
from market.listings.models import PriceKind, ReviewDecision
from market.listings.states import (
    PERMISSIONS,
    ChangeAction,
    ChangeStatus,
    FileVerb,
    ListingAct,
    ListingAction,
    ListingVerb,
    NeedStatus,
    OutcomeShownStatus,
    OutcomeStatus,
    OwnerVerb,
)
from market.search.outbox import DocumentSource


def _moments(kind: Kind) -> dict[str, MomentHandler]:
    """Return what falls due for listings of a kind."""

    async def expire(_deps: Deps, listing_id: UUID, now: datetime) -> bool:
        return await lifecycle.expire(kind, listing_id, now=now)

    async def remind(deps: Deps, listing_id: UUID, now: datetime) -> bool:
        return await freshness.remind(kind, listing_id, secret=deps.settings.secret_key, now=now)

    return {expiry_act(kind): expire, reminder_act(kind): remind}


def _work_entries(
    group: WorkGroup, kind: Kind, labels: tuple[Lazy, Lazy, Lazy], *, is_for: Callable[[Actor], bool]
) -> list[WorkEntry]:
    """Return the entries of authors of a kind: their own listings, a new one, those to renew."""
    own, new, renewable = labels
    entry = partial(WorkEntry, group, act=ListingAct.DRAFT_LISTING, is_for=is_for)
    return [
        entry(10, own, f"listings:{kind.index}"),
        entry(20, new, f"listings:new_{kind.key}"),
        entry(40, renewable, f"listings:{kind.index}", "due=1"),
    ]


ROOM = Room(
    "listings",
    permissions=PERMISSIONS,
    models=(models,),
    personal_data=PersonalData("listing_contacts", contacts.export_contacts, contacts.erase_contacts),
    routes=[*file_views.routes, *views.routes],
    workbench=(
        *_work_entries(
            WorkGroup.OUTCOMES,
            OUTCOME,
            (lazy("我的成果"), lazy("写一份成果"), lazy("待续期的成果")),
            is_for=lambda actor: actor.sells,
        ),
        *_work_entries(
            WorkGroup.NEEDS,
            NEED,
            (lazy("我的需求"), lazy("写一条需求"), lazy("待续期的需求")),
            is_for=lambda actor: actor.buys,
        ),
    ),
    menu=(
        MenuEntry(
            Menu.START,
            10,
            lazy("写一条需求"),
            "listings:new_need",
            act=ListingAct.DRAFT_LISTING,
            is_for=lambda actor: actor.buys,
        ),
        MenuEntry(
            Menu.START,
            20,
            lazy("写一份成果"),
            "listings:new_outcome",
            act=ListingAct.DRAFT_LISTING,
            is_for=lambda actor: actor.sells,
        ),
    ),
    subjects={
        "outcome": Subject(
            lazy("成果"),
            page="pages:outcome",
            number="CG",
            find=find_by(queries.get_outcome_for, "/outcomes", is_public=True),
            files=may_open_listing_file,
            verbs=(ListingAction,),
            describe=queries.outcome_subjects,
            asked=askable(OUTCOME),
        ),
        "need": Subject(
            lazy("需求"),
            page="pages:need",
            number="XQ",
            find=find_by(queries.get_need_for, "/needs", is_public=True),
            files=may_open_listing_file,
            verbs=(ListingAction,),
            asked=askable(NEED),
        ),
        "listing_change": Subject(
            lazy("变更"), page="backoffice:change", page_key="change_id", verbs=(ChangeAction,)
        ),
    },
    documents={
        "outcomes": DocumentSource(search.build_outcomes, search.all_outcomes),
        "needs": DocumentSource(search.build_needs, search.all_needs),
    },
    moments={**_moments(OUTCOME), **_moments(NEED)},
    checks=review_digest.CHECKS,
    pending=worklist.pending,
    recent=worklist.recent,
    standing=worklist.standing,
    labels={
        "outcome": (OutcomeStatus, OutcomeShownStatus),
        "need": NeedStatus,
        "listing_change": ChangeStatus,
        "listing_file": FileKind,
        "review": ReviewDecision,
        "price_kind": PriceKind,
    },
    audit_verbs={
        "outcome": (ListingVerb, FileVerb),
        "need": (ListingVerb, FileVerb),
        "organisation": (OwnerVerb,),
    },
)
