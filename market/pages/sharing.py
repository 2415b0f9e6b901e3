"""Share a listing: its address as a QR code, and one page of A4 to hand out."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import segno
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import optional_actor
from market.codes import lists, regions
from market.codes.labels import label
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.formats import day, wan
from market.kit.i18n import gettext as _
from market.kit.pdf import pdf_response
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.listings import masking, queries
from market.listings.kinds import NEED, OUTCOME, kind_of
from market.listings.models import Need, Outcome
from market.listings.rules import budget_text
from market.listings.sections import sections
from market.listings.states import PUBLIC
from market.pages import listing_labels

MAX_TITLE, MAX_LEAD, MAX_TEXT = 80, 120, 180
"""Most characters of title, highlight and a section on the printed page."""
MAX_ROWS = 6
SECTIONS = 4
"""Most sections of text on the printed page."""


async def _listing(request: Request) -> Outcome | Need:
    """Return a listing that everybody may open: nothing else is shared."""
    kind = OUTCOME if request.url.path.startswith("/outcomes/") else NEED
    listing = await queries.get_listing_for(kind, optional_actor(request), request.path_params["number"])
    if listing.status not in PUBLIC:
        raise NotFound(_("这一页还没有公开，公开后才能分享。"))
    return listing


def _address(request: Request, listing: Outcome | Need) -> str:
    return f"{deps(request).settings.base_url.rstrip('/')}/{kind_of(listing).index}/{listing.number}"


def qr_svg(text: str, *, is_file: bool = False) -> str:
    """Return a QR code as SVG; `is_file` adds the namespace that a file of its own needs."""
    options = {"scale": 5, "light": "#fff", "dark": "#1c2b2a"}
    code = segno.make(text, error="m", micro=False)
    if not is_file:
        return str(code.svg_inline(**options))
    buffer = io.BytesIO()
    code.save(buffer, kind="svg", xmldecl=False, **options)
    return buffer.getvalue().decode()


async def share(request: Request) -> Response:
    """Show address and QR code of a listing, with what else can be done with it."""
    listing = await _listing(request)
    address = _address(request, listing)
    return render(
        request,
        "pages/share.html",
        listing=listing,
        kind=kind_of(listing),
        address=address,
        qr=qr_svg(address),
    )


async def sheet(request: Request) -> Response:
    """Print a listing on one page of A4, with its address and QR code; a masked need names no one."""
    listing = await _listing(request)
    today = local_date(deps(request).clock())
    return await pdf_response(
        "listing.typ", sheet_data(listing, _address(request, listing), today), listing.number
    )


def sheet_data(listing: Outcome | Need, address: str, today: date) -> dict[str, Any]:
    """Return what the template prints; long texts are cut so that one page holds them."""
    parts = [
        {"title": str(section.title), "text": _cut(section.text)}
        for section in sections(listing)
        if section.text
    ]
    return {
        "title": _cut(listing.title, MAX_TITLE),
        "lead": _cut(listing.highlight, MAX_LEAD) if isinstance(listing, Outcome) else "",
        "facts": _facts(listing),
        "table": _table(listing),
        "sections": parts[:SECTIONS],
        "address": address,
        "qr": qr_svg(address, is_file=True),
        "foot": _("%(number)s · 打印于 %(day)s · 以网页为准", number=listing.number, day=day(today)),
    }


def _facts(listing: Outcome | Need) -> list[list[str]]:
    field = label("field", listing.field)
    if isinstance(listing, Outcome):
        stage = f"{lists.stage(listing.trl)} · TRL {listing.trl}" if listing.trl else ""
        modes = "、".join(label("mode", mode) for mode in listing.modes)
        rows = [
            (_("单位"), listing.organisation.name),
            (_("领域"), field),
            (_("成熟度"), stage),
            (_("合作方式"), modes),
            (_("挂牌价"), wan(listing.price_amount)),
        ]
    else:
        region = listing_labels.need_region(listing)
        rows = [
            (_("企业"), masking.need_owner_name(listing, None)),
            (_("领域"), field),
            (_("所在地"), regions.name(region) if region else ""),
            (_("投入预算"), budget_text(listing)),
            (_("截止日期"), day(listing.deadline_on) if listing.deadline_on else ""),
        ]
    return [[str(name), str(value)] for name, value in rows if value]


def _table(listing: Outcome | Need) -> dict[str, list[list[str]] | list[str]]:
    """Return the comparison of an outcome, or the targets of a need, as head and rows."""
    if isinstance(listing, Outcome):
        head = [_("指标"), _("现有"), _("本成果"), _("变化")]
        names: tuple[str, ...] = ("indicator", "current", "ours", "change")
        rows = listing.comparison
    else:
        head = [_("指标"), _("现有"), _("目标")]
        names, rows = ("indicator", "present", "target"), listing.targets
    return {"head": head, "rows": [[row.get(name, "") or "—" for name in names] for row in rows[:MAX_ROWS]]}


def _cut(text: str | None, most: int = MAX_TEXT) -> str:
    text = (text or "").strip()
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


routes = [
    Route("/outcomes/{number}/share", share, name="pages:share_outcome"),
    Route("/outcomes/{number}/sheet.pdf", sheet, name="pages:sheet_outcome"),
    Route("/needs/{number}/share", share, name="pages:share_need"),
    Route("/needs/{number}/sheet.pdf", sheet, name="pages:sheet_need"),
]
