"""The life of a claim as a table."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import StaffRole
from market.budgets import year_runs
from market.budgets.batches import approve_batch
from market.budgets.clawbacks import confirm_clawback, start_clawback
from market.budgets.payment_models import PaymentInstruction
from market.claims.applications import submit_claim
from market.claims.models import Claim, Evidence
from market.claims.states import EDITABLE, WORKFLOW, ClaimAction, ClaimStatus, require_editable
from market.deps import Deps
from market.documents.issuing import print_document
from market.documents.models import IssuedDocument
from market.documents.states import DocumentKind
from market.kit.errors import Conflict
from market.panels.round_states import SeatStatus
from market.programmes.drafts import draft_terms
from market.records.by import By
from tests.budgets.factories import order_and_release, settle
from tests.claims.factories import make_accepted, make_desk, make_draft, make_published, make_rechecked
from tests.factories import NOW, make_broker, make_member, make_staff
from tests.panels.round_factories import actor_of, draw, make_pool, prepare, seats
from tests.programmes.factories import next_version
from tests.stage_cache import cached_stage
from tests.visitor import post, sign_in


@pytest.mark.parametrize("status", ClaimStatus)
def test_a_claim_takes_only_the_steps_of_its_table(status: ClaimStatus) -> None:
    for action in ClaimAction:
        if WORKFLOW.allows(status, action):
            assert WORKFLOW.next(status, action) is WORKFLOW.transitions[status, action]
            assert action in WORKFLOW.actions(status)
        else:
            with pytest.raises(Conflict):
                WORKFLOW.next(status, action)


def test_an_applicant_changes_a_claim_only_while_it_lies_with_them() -> None:
    for status in ClaimStatus:
        if status in EDITABLE:
            require_editable(status)
        else:
            with pytest.raises(Conflict):
                require_editable(status)


DESK = {"officer", "rechecker", "approver", "auditor"}
WHO = (
    "guest",
    "applicant",
    "rival",
    "broker",
    "officer",
    "rechecker",
    "approver",
    "operator",
    "auditor",
    "expert",
)
READ = {
    # route: those who may open it; the others are sent away as the second part says
    "/subsidies": set(WHO),
    "/subsidies/guangxi": set(WHO),
    "/subsidies/calculator": set(WHO),
    "/claims/{draft}": {"applicant"},
    "/claims/new": {"applicant", "rival"},
    "/contracts/{contract}/sales": {"applicant"},
    "/desk": {"officer", "rechecker", "approver", "auditor"},
    "/desk/claims.xlsx": {"officer", "rechecker", "approver", "auditor"},
    "/desk/{claim}": {"officer", "rechecker", "approver", "auditor"},
    "/desk/{draft}": set(),
    "/desk/{claim}/sheet": {"officer", "rechecker", "approver", "auditor"},
    "/desk/{claim}/supplement": {"officer"},
    "/desk/{claim}/reject": {"officer"},
    "/desk/{claim}/evidence/{paper}/reject": {"officer"},
    "/desk/{claim}/return": {"rechecker"},
    "/desk/batches": {"officer", "rechecker", "approver", "auditor"},
    "/desk/batches/{batch}": {"officer", "rechecker", "approver", "auditor"},
    "/desk/disbursements/{order}": {"officer", "rechecker", "approver", "auditor"},
    "/desk/budgets": {"officer", "rechecker", "approver", "auditor"},
    "/desk/instructions": DESK,
    "/desk/results": DESK,
    "/desk/instructions/{instruction}": DESK,
    "/desk/instructions/{instruction}/list.pdf": DESK,
    "/desk/instructions/{instruction}/bank_bulk.csv": DESK,
    "/desk/layouts": DESK,
    "/desk/layouts/treasury": DESK,
    "/desk/{claim}/sheet.pdf": DESK,
    "/desk/{paid}/decision.pdf": DESK,
    "/claims/{paid}/decision.pdf": set(),
    "/desk/{claim}/conflict": {"officer", "rechecker", "approver"},
    "/desk/{paid}/clawback": {"officer"},
    "/desk/batches/{batch}/notice.pdf": DESK,
    "/desk/batches/{batch}/payments.pdf": DESK,
    "/desk/batches/{batch}/sheets.pdf": DESK,
    "/documents/{letter}": DESK,
    "/documents/{letter}/review": set(),
    "/documents/reviews": DESK,
    "/desk/terms": DESK,
    "/desk/terms/guangxi/draft": {"officer"},
    "/desk/terms/guangxi/2027": DESK,
    "/desk/runs": DESK,
    "/desk/runs/{run}": DESK,
    "/desk/ties": DESK,
    "/desk/clawbacks": DESK,
    "/desk/clawbacks/{clawback}": DESK,
    "/desk/report": DESK,
    "/desk/report/rows?year=2026&group=paid": DESK,
    "/reviews": set(WHO) - {"guest", "auditor"},
    "/reviews/seats/{seat}": {"expert"},
    "/admin/rounds": {"rechecker", "approver", "operator", "auditor"},
    "/admin/rounds/new": {"operator"},
    "/admin/rounds/{round}": {"rechecker", "approver", "operator", "auditor"},
    "/admin/rounds/{round}/conclude": {"rechecker"},
    "/integrity": {"applicant", "rival"},
    "/backoffice/sanctions": {"operator", "approver", "auditor"},
}
ACTS = {
    "/claims/new": {"applicant", "rival"},
    "/claims/{draft}/evidence": {"applicant"},
    "/claims/{draft}/totals": {"applicant"},
    "/claims/{draft}/submit": {"applicant"},
    "/claims/{draft}/withdraw": {"applicant"},
    "/contracts/{contract}/sales": {"applicant"},
    "/desk/{claim}/accept": {"officer"},
    "/desk/{claim}/assign": {"officer"},
    "/desk/bulk": {"officer"},
    "/desk/filters": {"officer", "rechecker", "approver", "auditor"},
    "/desk/{claim}/calculate": {"officer"},
    "/desk/{claim}/supplement": {"officer"},
    "/desk/{claim}/evidence/{paper}/reject": {"officer"},
    "/desk/{claim}/reject": {"officer"},
    "/desk/{claim}/recheck": {"rechecker"},
    "/desk/{claim}/return": {"rechecker"},
    "/desk/batches": {"officer", "rechecker"},
    "/desk/batches/{batch}/confirm": {"rechecker"},
    "/desk/batches/{batch}/return": {"officer", "rechecker"},
    "/desk/batches/{batch}/approve": {"approver"},
    "/desk/batches/{batch}/order": {"officer"},
    "/desk/instructions/{instruction}/release": {"rechecker"},
    "/desk/instructions/{instruction}/reject": {"rechecker"},
    "/desk/layouts/treasury": {"officer"},
    "/desk/disbursements/{order}": {"officer"},
    "/desk/budgets": {"officer"},
    "/claims/{draft}/facts": {"applicant"},
    "/desk/{claim}/conflict": {"officer", "rechecker", "approver"},
    "/desk/{paid}/clawback": {"officer"},
    "/desk/clawbacks/{clawback}": {"officer"},
    "/desk/batches/{batch}/results": {"officer"},
    "/desk/batches/{batch}/results/confirm": {"rechecker"},
    "/desk/terms/guangxi/draft": {"officer"},
    "/desk/terms/guangxi/2027": {"approver"},
    "/desk/runs": {"officer"},
    "/desk/runs/{run}": {"officer"},
    "/desk/ties": {"officer"},
    "/reviews/seats/{seat}": {"expert"},
    "/admin/rounds/new": {"operator"},
    "/admin/rounds/{round}": {"operator", "rechecker", "approver", "auditor"},
    "/admin/rounds/{round}/conclude": {"rechecker"},
    "/integrity": {"applicant", "rival"},
    "/backoffice/sanctions": {"operator"},
    "/documents/{letter}/review": set(),
    "/desk/{claim}/refusal": {"rechecker"},
}
SENT_AWAY = {303, 401, 403, 404}


@cached_stage
async def scene() -> tuple[dict[str, Actor | None], dict[str, str]]:
    desk = await make_desk()
    applicant, draft = await make_draft()
    paid = await make_rechecked(desk)
    batch = await make_published(desk, paid)
    later = NOW + timedelta(days=10)
    await approve_batch(batch, by=By(desk.approver, later))
    order = (await order_and_release(batch, desk, at=later)).orders[0]
    instruction = await PaymentInstruction.get()
    handed_in = (await make_draft(applicant))[1]
    await submit_claim(handed_in.number, is_declared=True, by=By(applicant, NOW))
    await settle(order, desk, reference="b", at=later)
    back = await start_clawback(paid.number, amount=1, ground="x", by=By(desk.officer, later))
    await confirm_clawback(back.number, by=By(desk.approver, later))
    await make_pool()
    round_ = await prepare(desk, [(await make_accepted(desk)).id])
    await draw(round_.number, by=By(desk.operator, NOW))
    seat = (await seats(round_, SeatStatus.INVITED))[0]
    await draft_terms("guangxi", text=next_version(), by=By(desk.officer, NOW))
    run = await year_runs.open_run("guangxi", 2026, by=By(desk.officer, NOW))
    contract = (await draft.contracts.all().select_related("contract"))[0].contract
    people: dict[str, Actor | None] = {
        "guest": None,
        "applicant": applicant,
        "rival": await make_member(),
        "broker": await make_broker(),
        "officer": desk.officer,
        "rechecker": desk.rechecker,
        "approver": desk.approver,
        "operator": desk.operator,
        "auditor": await make_staff(StaffRole.AUDITOR),
        "expert": await actor_of(seat),
    }
    return people, {
        "draft": draft.number,
        "claim": handed_in.number,
        "batch": batch,
        "order": order.number,
        "instruction": instruction.number,
        "contract": contract.number,
        "paid": paid.number,
        "clawback": back.number,
        "seat": str(seat.id),
        "round": round_.number,
        "run": str(run.id),
        "paper": str((await Evidence.get(claim_id=handed_in.id, kind="registration_certificate")).id),
        "letter": str((await IssuedDocument.get(kind=DocumentKind.DECISION)).id),
    }


async def test_each_page_opens_for_those_it_is_for_and_for_nobody_else(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    people, names = await scene()
    for document in await IssuedDocument.all():
        await print_document(deps, document_id=str(document.id))
    for who in WHO:
        await sign_in(client, people[who])
        for route, allowed in READ.items():
            if route.endswith(".pdf") and who in allowed - {"auditor"}:
                continue  # setting type takes its time; one who may will do
            answer = await client.get(route.format(**names))

            expected = {200} if who in allowed else SENT_AWAY
            assert answer.status_code in expected, (who, route, answer.status_code)


async def test_each_act_is_done_by_those_it_belongs_to_and_by_nobody_else(client: httpx.AsyncClient) -> None:
    people, names = await scene()
    before = await Claim.all().order_by("number").values_list("number", "status")
    for who in WHO:
        await sign_in(client, people[who])
        for route, allowed in ACTS.items():
            if who in allowed:
                continue
            answer = await post(client, route.format(**names), {}, follow=False)

            refused = {401, 403, 404} if who != "guest" else {303, 401, 403}
            assert answer.status_code in refused, (who, route, answer.status_code)
    assert await Claim.all().order_by("number").values_list("number", "status") == before


@pytest.mark.parametrize("route", ["/claims/{draft}", "/contracts/{contract}/sales"])
async def test_a_rival_is_told_there_is_no_such_record(client: httpx.AsyncClient, route: str) -> None:
    people, names = await scene()
    await sign_in(client, people["rival"])

    assert (await client.get(route.format(**names))).status_code == 404
