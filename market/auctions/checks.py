"""Invariants of auctions."""

from __future__ import annotations

from collections.abc import Mapping

from market.auctions.admission import order_of
from market.auctions.drafting import terms_of
from market.auctions.models import Auction, AuctionTerms, Enrolment, NumberDraw
from market.auctions.replay import replay
from market.auctions.reserves import open_reserve
from market.audit.models import AuditEvent
from market.kit.draws import seed_of
from market.kit.encryption import Undecipherable
from market.kit.findings import MAX_FINDINGS, find_rows
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant, KeyedCheck
from market.kit.terms import hash_content, to_content


async def bids_are_one_chain() -> list[str]:
    """Each bid holds the hash of the one before, the first that of the terms; the head is the last one's."""
    return await find_rows(
        "WITH chained AS (SELECT b.*, coalesce(lag(b.hash) OVER w, a.terms_hash) AS expected, "
        "  row_number() OVER w AS place, encode(sha256(convert_to(concat_ws('|', b.previous_hash, "
        "  b.auction_id, b.sequence, b.enrolment_id, b.amount, b.kind, auction_stamp(b.arrived_at), "
        "  auction_stamp(b.at), auction_stamp(b.ends_at)), 'UTF8')), 'hex') AS computed "
        "  FROM auction_bids b JOIN auctions a ON a.id = b.auction_id "
        "  WINDOW w AS (PARTITION BY b.auction_id ORDER BY b.sequence)) "
        "SELECT a.number, c.sequence FROM chained c JOIN auctions a ON a.id = c.auction_id "
        "WHERE c.previous_hash <> c.expected OR c.hash <> c.computed OR c.place <> c.sequence "
        "UNION ALL SELECT a.number, a.sequence FROM auctions a LEFT JOIN LATERAL ("
        "  SELECT b.sequence, b.hash FROM auction_bids b WHERE b.auction_id = a.id "
        "  ORDER BY b.sequence DESC LIMIT 1) AS b ON true "
        "WHERE a.sequence <> coalesce(b.sequence, 0) "
        "OR (b.hash IS NOT NULL AND a.chain_head <> b.hash)",
        lazy("%(number)s 第 %(sequence)s 次报价的校验值断开"),
    )


async def auctions_stand_where_their_bids_lead() -> list[str]:
    """The rules, run over the stored log, give each bid as it is stored and the auction as it stands."""
    findings = [
        _("%(number)s 按规则重算的结果与记录不同", number=auction.number)
        for auction in await Auction.filter(version__gt=0).order_by("number")
        if not (await replay(auction)).is_sound
    ]
    return findings[:MAX_FINDINGS]


async def terms_are_as_published() -> list[str]:
    """An announced auction has the terms that were published, whole, and each bidder signed those."""
    words = lazy("%(number)s 的竞价条件与公告的或竞买人承诺的不同")
    announced = {auction.id: auction for auction in await Auction.filter(version__gt=0).order_by("number")}
    versions = await AuctionTerms.filter(auction_id__in=list(announced))
    published = {(row.auction_id, row.version): row for row in versions}
    findings = []
    for auction in announced.values():
        row = published.get((auction.id, auction.version))
        content = to_content(terms_of(auction))
        if (
            row is None
            or row.content != content
            or {row.content_hash, hash_content(content)} != {auction.terms_hash}
        ):
            findings.append(str(words) % {"number": auction.number})
    signed = await find_rows(
        "SELECT DISTINCT a.number FROM auctions a JOIN auction_enrolments e ON e.auction_id = a.id "
        "WHERE e.terms_hash <> a.terms_hash",
        words,
    )
    return [*findings, *signed][:MAX_FINDINGS]


async def announcements_are_published() -> list[str]:
    """The notice by which an auction was announced is there, by its organiser, and names the terms."""
    return await find_rows(
        "SELECT a.number FROM auctions a JOIN audit_events e ON e.subject_kind = 'auction' "
        "AND e.subject_id = a.id AND e.action = 'approve' AND e.data ? 'notice' "
        "LEFT JOIN notices n ON n.number = e.data ->> 'notice' AND n.kind = 'auction' "
        "AND n.subject_kind = 'auction' AND n.subject_id = a.id "
        "WHERE n.id IS NULL OR strpos(n.body::text, a.terms_hash) = 0 OR n.organisation_id <> a.organiser_id",
        lazy("%(number)s 没有竞价公告，或者公告的条件不同"),
    )


async def numbers_are_as_drawn() -> list[str]:
    """The bidder numbers are what the stored draw gives again, and its seed comes from the audit chain."""
    findings = await find_rows(
        "SELECT a.number FROM auctions a WHERE EXISTS (SELECT 1 FROM audit_events e "
        "  WHERE e.subject_kind = 'auction' AND e.subject_id = a.id AND e.action = 'drawing') "
        "AND NOT EXISTS (SELECT 1 FROM auction_draws d WHERE d.auction_id = a.id)",
        lazy("%(number)s 的抽取记录不见了"),
    )
    for draw in await NumberDraw.all().select_related("auction").order_by("drawn_at"):
        number = draw.auction.number
        held = await Enrolment.filter(auction_id=draw.auction_id, bidder_number__isnull=False).order_by(
            "bidder_number"
        )
        is_logged = await AuditEvent.exists(
            subject_kind="auction", subject_id=draw.auction_id, action="drawing", hash=draw.chain_head
        )
        is_same = (
            is_logged
            and draw.seed == seed_of(number, draw.chain_head, draw.salt)
            and draw.drawn == order_of([row.id for row in held], draw.seed)
            and draw.drawn == [str(row.id) for row in held]
        )
        if not is_same:
            findings.append(_("%(number)s 的竞价号与抽取的记录不同", number=number))
    return findings[:MAX_FINDINGS]


async def ends_are_as_logged() -> list[str]:
    """What the audit log says of the end of an auction is where its chain of bids stands."""
    return await find_rows(
        "SELECT a.number FROM auctions a JOIN LATERAL (SELECT e.data FROM audit_events e "
        "  WHERE e.subject_kind = 'auction' AND e.subject_id = a.id AND e.data ? 'head' "
        "  ORDER BY e.sequence LIMIT 1) AS logged ON true "
        "WHERE logged.data ->> 'head' <> a.chain_head OR (logged.data ->> 'bids')::int <> a.sequence "
        "OR (logged.data ->> 'price')::bigint IS DISTINCT FROM a.price",
        lazy("%(number)s 的报价记录与结束时的日志不同"),
    )


async def reserves_are_as_committed(secret: str) -> list[str]:
    """Each reserve opens to what its published hash commits to, and the end judged by it."""
    findings = []
    for auction in await Auction.filter(reserve_sealed__isnull=False).order_by("number"):
        try:
            reserve = open_reserve(auction, secret)
        except Undecipherable:
            findings.append(_("%(number)s 的保留价与公告的校验值不符", number=auction.number))
            continue
        if reserve is not None and auction.is_reserve_met not in (None, (auction.price or 0) >= reserve):
            findings.append(_("%(number)s 是否达到保留价记错", number=auction.number))
    return findings[:MAX_FINDINGS]


CHECKS: Mapping[str, Invariant[Check]] = {
    "auctions: bids are one chain": Invariant(lazy("竞价：报价的校验值前后相连"), bids_are_one_chain),
    "auctions: each stands where its bids lead": Invariant(
        lazy("竞价：按规则重算与记录一致"), auctions_stand_where_their_bids_lead
    ),
    "auctions: terms are as published": Invariant(lazy("竞价：条件与公告和承诺一致"), terms_are_as_published),
    "auctions: announcements are published": Invariant(
        lazy("竞价：公告都已发布，条件一致"), announcements_are_published
    ),
    "auctions: numbers are as drawn": Invariant(lazy("竞价：竞价号与抽取记录一致"), numbers_are_as_drawn),
    "auctions: ends are as logged": Invariant(lazy("竞价：结束时的记录与日志一致"), ends_are_as_logged),
}
KEYED_CHECKS: Mapping[str, Invariant[KeyedCheck]] = {
    "auctions: reserves are as committed": Invariant(
        lazy("竞价：保留价与公告的校验值一致"), reserves_are_as_committed
    ),
}
