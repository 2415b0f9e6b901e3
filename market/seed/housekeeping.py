"""What organisations keep up beside their deals: changed listings, questions, papers, colleagues, lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from market.accounts import invitations
from market.accounts.actors import load_actor
from market.accounts.models import MemberRole
from market.deps import Deps
from market.files.attachments import store_blob
from market.files.uploads import check_content
from market.imports import batch_reviews, jobs, steps
from market.imports.models import ListingImport
from market.listings import authoring, changes
from market.listings.askable import asked_listing
from market.listings.kinds import NEED, OUTCOME, Kind
from market.listings.models import Need, Outcome, PriceKind
from market.papers.paper_acts import check_papers, upload_paper
from market.papers.states import PaperKind
from market.questions import answering
from market.records.by import By
from market.seed.content import FOLDER, fen, id_of, load, store_pdf
from market.seed.people import Cast
from market.seed.timeline import Calendar, Story

CHANGES: tuple[tuple[Kind, str, str, int, dict[str, Any], str], ...] = (
    (
        OUTCOME,
        "expansive-soil",
        "university",
        2,
        {
            "highlight": "边坡综合造价每平方米165元，八年无整体滑动",
            "price_kind": PriceKind.FIXED,
            "price_amount": fen(88),
        },
        "",
    ),
    (NEED, "need-conductor", "enterprise", 1, {"budget_max_amount": fen(240)}, ""),
    (
        OUTCOME,
        "litchi-preserve",
        "cen_yuping",
        3,
        {"conditions": "普通许可，每县一家；乙方自备预冷池，我方派两人驻场指导一个产季。"},
        "",
    ),
    (
        OUTCOME,
        "orah-hlb",
        "cen_yuping",
        5,
        {"title": "沃柑黄龙病早期诊断与木虱根治"},
        "“根治”没有试验依据，请仍用“绿色防控”，或附三年以上的田间数据。",
    ),
)
"""Kind, listing, author, days ago, what was changed, and why the operator refused it; empty: not decided."""
QUESTIONS: tuple[tuple[Kind, str, str, int, str, str, str], ...] = (
    (
        OUTCOME,
        "al-zr-conductor",
        "tan_jianguo",
        12,
        "老线路增容时，能不能沿用原来的铝压接金具？",
        "university",
        "可以用，但要换成耐热型的导电脂；150 ℃下做过一千次热循环，压接处温升比导线本体低 8 ℃以上。",
    ),
    (
        OUTCOME,
        "al-zr-conductor",
        "li_chasheng",
        2,
        "最小起订量是多少？能不能先做 5 吨样线？",
        "",
        "",
    ),
    (
        OUTCOME,
        "litchi-preserve",
        "su_yu",
        9,
        "对妃子笑这种薄皮品种也适用吗？",
        "cen_yuping",
        "适用。妃子笑预冷水温要提到 2 ℃，浸泡缩短到 12 分钟，否则果皮容易出水渍斑。",
    ),
    (
        NEED,
        "need-conductor",
        "yang_chunhui",
        7,
        "单丝直径只做 4.0 mm，还是 2.5–4.5 mm 都要？",
        "enterprise",
        "先以 4.0 mm 验收，其他线径在合同里写成可选项。",
    ),
)
"""Kind, listing, who asks, days ago, the question, who answers, the answer; empty: nobody has answered."""
PAPERS: tuple[tuple[str, PaperKind, int, str, int | None, bool], ...] = (
    ("enterprise", PaperKind.LICENCE, 300, "", None, True),
    ("enterprise", PaperKind.HIGH_TECH, 300, "GR202345000217", 25, True),
    ("enterprise", PaperKind.SME, 2, "", None, False),
    ("luo_ziang", PaperKind.HIGH_TECH, 320, "GR202245000604", -6, True),
    ("university", PaperKind.LICENCE, 280, "", None, True),
    ("university", PaperKind.STATE_OWNED, 280, "", None, True),
    ("huang_manqing", PaperKind.LICENCE, 1, "", None, False),
    ("huang_manqing", PaperKind.AUTHORISATION, 1, "", None, False),
)
"""Administrator, kind, days ago, number, days until it lapses, and whether the operator has checked it."""
INVITED = (
    ("university", "chen.weiguo@kezhuan.test", MemberRole.AGENT, 3),
    ("enterprise", "caiwu@kezhuan.test", MemberRole.FINANCE, 1),
)


def housekeeping(cast: Cast, calendar: Calendar) -> Iterator[Story]:
    """Yield the stories that need no more than the acts of one room."""
    for change in CHANGES:
        yield _change(*change, cast=cast, calendar=calendar)
    for question in QUESTIONS:
        yield _question(*question, cast=cast, calendar=calendar)
    for administrator, email, role, days in INVITED:
        yield _invitation(administrator, email, role, days, cast=cast, calendar=calendar)


def stored_stories(cast: Cast, deps: Deps, calendar: Calendar) -> Iterator[Story]:
    """Yield the stories with files: papers of organisations and lists that come in."""
    for paper in PAPERS:
        yield _paper(*paper, cast=cast, deps=deps, calendar=calendar)
    yield _list("enterprise", NEED, "2026年技术需求.csv", "enterprise_needs.csv", "run", cast, deps, calendar)
    yield _list(
        "cen_yuping", OUTCOME, "甘蔗木薯成果清单.csv", "cane_outcomes.csv", "submit", cast, deps, calendar
    )
    yield _list(
        "university",
        OUTCOME,
        "材料学院可转化成果.csv",
        "materials_outcomes.csv",
        "check",
        cast,
        deps,
        calendar,
    )


async def _listing(kind: Kind, key: str) -> Outcome | Need:
    title = load(kind.index)[key]["title"]
    return await (Outcome if kind is OUTCOME else Need).get(title=title)


async def _change(
    kind: Kind,
    key: str,
    author: str,
    days: int,
    values: Mapping[str, Any],
    refusal: str,
    *,
    cast: Cast,
    calendar: Calendar,
) -> Story:
    """Change a published listing; what people decide by waits for the operator."""
    now = yield calendar.ago(days, 15, 40)
    by = By(await cast.actor(author), now)
    listing = await authoring.save(
        kind, (await _listing(kind, key)).number, values, is_submitted=False, by=by
    )
    pending = await changes.find_pending(kind, listing.id)
    if not refusal or pending is None:
        return
    now = yield calendar.ago(days - 1, 9, 30)
    operator = By(await cast.actor("operator"), now)
    await changes.reject(pending.id, refusal, seen_revision=pending.base_revision, by=operator)


async def _question(
    kind: Kind,
    key: str,
    asker: str,
    days: int,
    text: str,
    owner: str,
    answer: str,
    *,
    cast: Cast,
    calendar: Calendar,
) -> Story:
    """Ask about a listing, and answer it the next day."""
    now = yield calendar.ago(days, 10, 50)
    listing = await _listing(kind, key)
    await listing.fetch_related("organisation")
    question = await answering.ask(asked_listing(listing), text, by=By(await cast.actor(asker), now))
    if answer:
        now = yield calendar.ago(days - 1, 14, 20)
        await answering.answer(question.id, answer, by=By(await cast.actor(owner), now))


async def _invitation(
    administrator: str, email: str, role: MemberRole, days: int, *, cast: Cast, calendar: Calendar
) -> Story:
    now = yield calendar.ago(days, 11, 10)
    await invitations.invite(email, role, by=By(await cast.actor(administrator), now))


async def _paper(
    administrator: str,
    kind: PaperKind,
    days: int,
    number: str,
    days_left: int | None,
    is_checked: bool,
    *,
    cast: Cast,
    deps: Deps,
    calendar: Calendar,
) -> Story:
    """Upload a paper of the organisation, and check it the next day."""
    now = yield calendar.ago(days, 16, 30)
    actor = await load_actor(id_of("user", administrator))
    blob = await store_pdf(f"{kind.label}.pdf", ["Paper (demo)", kind.value, number or "-"], deps.store)
    paper = await upload_paper(
        kind,
        blob,
        number=number,
        expires_on=None if days_left is None else calendar.today + timedelta(days=days_left),
        by=By(actor, now),
    )
    if is_checked:
        now = yield calendar.ago(days - 1, 9, 50)
        operator = By(await cast.actor("operator"), now)
        await check_papers(paper.organisation_id, [paper.id], by=operator)


async def _list(
    author: str, kind: Kind, name: str, source: str, until: str, cast: Cast, deps: Deps, calendar: Calendar
) -> Story:
    """Bring in a list: have it checked, written as drafts, and handed in as a batch, as far as `until`."""
    now = yield calendar.now - timedelta(hours=5)
    actor = await cast.actor(author)
    blob = await store_blob(check_content(name, (FOLDER / source).read_bytes()), deps.store)
    uploaded = await steps.upload(blob, kind.key, organisation_id=actor.organisation_id, by=By(actor, now))
    await jobs.check_import(deps, import_id=str(uploaded.id))
    if until == "check":
        return
    now = yield calendar.now - timedelta(hours=4)
    await steps.run(await ListingImport.get(id=uploaded.id), is_all_or_nothing=True, by=By(actor, now))
    await jobs.run_import(deps, import_id=str(uploaded.id))
    if until == "submit":
        now = yield calendar.now - timedelta(hours=3)
        await batch_reviews.submit_batch(await ListingImport.get(id=uploaded.id), by=By(actor, now))
