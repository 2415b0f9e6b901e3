"""Who sees what of a round, and when: one test over pages, exports, messages, feeds, search and refusals."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Message, Organisation, StaffRole, User
from market.audit.models import AuditEvent
from market.claims.models import Claim
from market.kit.models import OutgoingMail
from market.panels.panel_seats import accept
from market.panels.round_models import Round, Seat
from market.panels.round_results import conclude_round
from market.panels.round_states import RoundStatus, SeatStatus
from market.panels.rounds import publish_round
from market.panels.score_acts import submit
from market.panels.visibility import Part, Viewer, sees
from market.records.by import By
from tests.factories import NOW, make_member, make_staff
from tests.panels.round_factories import Stage, actor_of, make_drawn, score_all, seats, sheet
from tests.visitor import post, sign_in

S = SeatStatus
OPINION = "乙路线不可行，丙路线可行"
PAYMENTS = ("/fees", "/fees.xlsx")
"""Names stand there as payees, see `Part.PAYEES`."""


async def applicant_of(claim: Claim) -> Actor:
    """Return a person who claims for the applicant."""
    return await make_member(await Organisation.get(id=claim.applicant_id), MemberRole.AGENT)


def named_in(html: str) -> Callable[[str], bool]:
    """Return whether a page has a name; 测试人1 is not in 测试人12."""
    return lambda name: re.search(rf"{name}(?!\d)", html) is not None


def channels(round_: Round, claim: Claim, seat: Seat, name: str) -> Iterable[str]:
    """Yield whatever may be asked about a round: pages, exports, the log, feeds, search."""
    rounds, desk = f"/admin/rounds/{round_.number}", f"/desk/{claim.number}"
    yield from (rounds, f"{rounds}/conclude", f"{rounds}/rules", f"{rounds}/papers", "/admin/rounds")
    yield from (f"{rounds}/fees", f"{rounds}/fees.xlsx", "/reviews/fees", "/audit/draws")
    yield from (
        f"/claims/{claim.number}",
        f"/claims/{claim.number}/review",
        desk,
        f"{desk}/sheet",
        f"{desk}/conclude",
        "/desk/claims.xlsx",
    )
    yield from (f"/reviews/seats/{seat.id}", "/reviews", "/dashboard", "/messages")
    yield from (f"/audit-log?kind=seat&subject={seat.id}", f"/audit-log/seat/{seat.id}")
    yield from (f"/audit-log/round/{round_.id}", "/audit-log/export", "/account/data", "/account/export")
    yield from ("/feeds/notices.xml", f"/search?q={name}", f"/backoffice/search?q={name}")


def refusals(round_: Round, claim: Claim, seat: Seat) -> Iterable[tuple[str, Mapping[str, str]]]:
    """Yield what nobody may do now, whose refusal must not tell anything either."""
    rounds = f"/admin/rounds/{round_.number}"
    yield rounds, {"act": "replace", "seat": str(seat.id), "reason": "x"}
    yield rounds, {"act": "return", "seat": str(seat.id), "reason": "x"}
    yield f"{rounds}/conclude", {"reason": ""}
    yield f"/reviews/seats/{seat.id}", {"act": "declare", "reason": ""}
    yield f"/claims/{claim.number}/review", {"grounds": "x"}


def text_of(answer: httpx.Response) -> str:
    """Return all that an answer tells: its file name too, and the sheets of a workbook."""
    name = str(answer.headers.get("content-disposition", ""))
    if "spreadsheet" not in answer.headers.get("content-type", ""):
        return f"{name}\n{answer.text}"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheets = [book.read(part).decode() for part in book.namelist() if part.endswith(".xml")]
    return "\n".join([name, *sheets])


@pytest.mark.parametrize("status", [RoundStatus.SCORING, RoundStatus.CHECKING, RoundStatus.PUBLISHED])
async def test_everybody_sees_of_a_round_what_the_table_says(
    client: httpx.AsyncClient, status: RoundStatus
) -> None:
    stage = await stage_of(status)
    round_ = await Round.get(id=stage.round.id)
    assert round_.status is status
    drawn = await seats(round_, S.ACCEPTED, S.SUBMITTED, S.FINAL)
    names = [user.name for user in await User.filter(id__in=[seat.user_id for seat in drawn])]
    events = await AuditEvent.filter(subject_kind="seat", role="person")
    pseudonyms = {str(event.actor) for event in events}
    assert len(pseudonyms) == len(drawn)
    claim = await Claim.get(id=stage.claims[0])
    viewers = {
        Viewer.OPERATOR: stage.desk.operator,
        Viewer.CONCLUDER: stage.desk.rechecker,
        Viewer.AUDITOR: await make_staff(StaffRole.AUDITOR),
        Viewer.EXPERT: await actor_of(drawn[1]),
        Viewer.APPLICANT: await applicant_of(claim),
        Viewer.OTHER: None,
    }
    for viewer, actor in viewers.items():
        await sign_in(client, actor)
        own = {actor.name} if actor else set()
        texts = [
            (address, text_of(await client.get(address)))
            for address in channels(round_, claim, drawn[0], next(iter(set(names) - own)))
        ]
        for address, data in refusals(round_, claim, drawn[0]) if viewer is not Viewer.OPERATOR else ():
            texts.append((f"POST {address}", text_of(await post(client, address, dict(data), follow=False))))
        shown = {
            Part.NAMES: [
                address
                for address, text in texts
                if not address.endswith(PAYMENTS)
                and (any(map(named_in(_without_query(text)), set(names) - own)) or _ties(text, pseudonyms))
            ],
            Part.SCORES: [address for address, text in texts if "83.00" in text],
            Part.RESULT: [address for address, text in texts if "83.33" in text],
            Part.OPINIONS: [address for address, text in texts if OPINION in text],
            Part.PAYEES: [
                address
                for address, text in texts
                if address.endswith(PAYMENTS) and any(map(named_in(text), set(names) - own))
            ],
        }
        for part, where in shown.items():
            if viewer is Viewer.EXPERT and part is Part.OPINIONS:
                continue
            may = sees(viewer, part, status)
            assert bool(where) <= may, (viewer, part, where)
            if viewer is Viewer.OPERATOR and part is not Part.PAYEES:
                assert bool(where) == may, (viewer, part, where)
    for row in [*await Message.all(), *await OutgoingMail.all()]:
        written = str(vars(row))
        assert OPINION not in written
        assert "83.33" not in written
        assert not any(name in written for name in names if getattr(row, "user_id", None) is not None)


def _without_query(html: str) -> str:
    """Return a page without what was typed into its box for searching."""
    return re.sub(r'value="[^"]*"|q=[^"&]*', "", html)


def _ties(text: str, pseudonyms: Iterable[str]) -> bool:
    """Return whether an export of the log ties a seat's event to a person."""
    of_seats = [line for line in text.splitlines() if '"subject_kind":"seat"' in line]
    return any(pseudonym in line for line in of_seats for pseudonym in pseudonyms)


async def stage_of(status: RoundStatus) -> Stage:
    """Return a round in this status whose experts' points make 83.33."""
    typed = {"for_applicant": OPINION}
    if status is RoundStatus.SCORING:
        stage = await make_drawn()
        for seat in await seats(stage.round, S.INVITED):
            await accept(seat.id, by=By(await actor_of(seat), NOW))
        for seat in (await seats(stage.round, S.ACCEPTED))[:2]:
            await submit(seat.id, sheet(83, **typed), by=By(await actor_of(seat), NOW))
        return stage
    stage = await make_drawn()
    await score_all(stage.round, 83, 83, 84, typed=typed)
    if status is RoundStatus.PUBLISHED:
        await conclude_round(stage.round.number, reason="意见一致", by=By(stage.desk.rechecker, NOW))
        await publish_round(stage.round.number, by=By(stage.desk.operator, NOW))
    return stage


def test_the_table_seals_what_is_sealed() -> None:
    assert not any(sees(Viewer.OTHER, part, status) for part in Part for status in RoundStatus)
    assert not any(sees(Viewer.EXPERT, part, status) for part in Part for status in RoundStatus)
    assert [status for status in RoundStatus if sees(Viewer.AUDITOR, Part.NAMES, status)] == [
        RoundStatus.CONCLUDED,
        RoundStatus.PUBLISHED,
    ]
    assert not any(sees(Viewer.CONCLUDER, Part.NAMES, status) for status in RoundStatus)
    assert [status for status in RoundStatus if sees(Viewer.CONCLUDER, Part.PAYEES, status)] == [
        RoundStatus.CONCLUDED,
        RoundStatus.PUBLISHED,
    ]
    assert not sees(Viewer.OPERATOR, Part.SOLICITATIONS, RoundStatus.PUBLISHED)
