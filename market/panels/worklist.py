"""What waits in this room: an expert's seats, and rounds that wait for the department."""

from __future__ import annotations

from dataclasses import replace

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct, Role
from market.kit.i18n import Lazy, lazy
from market.kit.worklist import Pending
from market.panels.rounds import CONCLUDERS
from market.panels.states import PanelAct


def pending(actor: Actor) -> list[Pending]:
    """Return the seats that wait for the expert, and what rounds wait for of the department."""
    return [*_of_expert(actor), *_of_department(actor)]


def _of_expert(actor: Actor) -> list[Pending]:
    seats = Pending(
        "panels.seat",
        lazy("专家评审"),
        lazy("去评审"),
        "/reviews/seats/{key}",
        "/reviews",
        "seats s JOIN round_items i ON i.id = s.item_id JOIN rounds r ON r.id = i.round_id CROSS JOIN v "
        "WHERE s.user_id = v.user_id AND s.status IN ('invited', 'accepted', 'returned')",
        key="s.id",
        number="r.number",
        title="r.title",
        due="(CASE s.status WHEN 'invited' THEN s.declare_by ELSE s.score_by END "
        "AT TIME ZONE 'Asia/Shanghai' - interval '1 second')::date",
        since="r.updated_at",
    )
    if actor.may(AccountAct.SEE_DESK) or actor.may(PanelAct.RUN_ROUNDS):
        return []
    return [seats]


def _of_department(actor: Actor) -> list[Pending]:
    parts = []
    if actor.may(PanelAct.RUN_ROUNDS):
        parts.append(_rounds("panels.draw", "drafting", lazy("待抽取专家"), lazy("去抽取")))
        parts.append(_BLIND)
        parts.append(_rounds("panels.publish", "concluded", lazy("待告知评审结果"), lazy("去告知")))
    if actor.may(PanelAct.CONCLUDE_ROUND):
        part = _rounds("panels.conclude", "checking", lazy("待作评审结论"), lazy("去作结论"))
        kinds = "', '".join(kind for kind, role in CONCLUDERS.items() if role in actor.roles)
        others = "', '".join(kind for kind, role in CONCLUDERS.items() if role not in actor.roles)
        is_approver = Role.APPROVER in actor.roles
        condition = f"r.subject_kind NOT IN ('{others}')" if is_approver else f"r.subject_kind IN ('{kinds}')"
        parts.append(replace(part, source=f"{part.source} AND {condition}"))
        parts.append(replace(_FEES, source=f"{_FEES.source} AND {condition}"))
    if actor.may(PanelAct.DECIDE_RESULT_OBJECTION):
        parts.append(_OBJECTIONS)
    if actor.may(PanelAct.APPROVE_REDRAW):
        parts.append(
            Pending(
                "panels.redraw",
                lazy("待批准再次抽取"),
                lazy("去批准"),
                "/admin/rounds/{key}",
                "/admin/rounds",
                "round_redraws d JOIN rounds r ON r.id = d.round_id CROSS JOIN v WHERE d.verdict IS NULL",
                key="r.number",
                number="r.number",
                title="r.title",
                since="d.proposed_at",
            )
        )
    return parts


def _rounds(kind: str, status: str, what: Lazy, verb: Lazy) -> Pending:
    return Pending(
        kind,
        what,
        verb,
        "/admin/rounds/{key}",
        f"/admin/rounds?status={status}",
        f"rounds r CROSS JOIN v WHERE r.status = '{status}'",
        key="r.number",
        number="r.number",
        title="r.title",
        since="r.updated_at",
    )


_FEES = Pending(
    "panels.fees",
    lazy("待确认专家咨询费"),
    lazy("去确认"),
    "/admin/rounds/{key}/fees",
    "/admin/rounds",
    "rounds r CROSS JOIN v WHERE EXISTS ("
    "SELECT 1 FROM round_fees f WHERE f.round_id = r.id AND f.verdict IS NULL)",
    key="r.number",
    number="r.number",
    title="r.title",
    since="r.updated_at",
)
_BLIND = Pending(
    "panels.blind",
    lazy("待核对盲审副本"),
    lazy("去核对"),
    "/admin/rounds/{key}/papers",
    "/admin/rounds",
    "rounds r CROSS JOIN v WHERE r.status NOT IN ('concluded', 'published', 'discarded') AND EXISTS ("
    "SELECT 1 FROM round_items i JOIN blind_copies c ON c.item_id = i.id WHERE i.round_id = r.id "
    "AND c.file_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM blind_checks k WHERE k.copy_id = c.id))",
    key="r.number",
    number="r.number",
    title="r.title",
    since="r.updated_at",
)
_OBJECTIONS = Pending(
    "panels.objection",
    lazy("待裁定的评审异议"),
    lazy("去裁定"),
    "/admin/rounds/{key}",
    "/admin/rounds?status=published",
    "result_objections b JOIN round_items i ON i.id = b.item_id JOIN rounds r ON r.id = i.round_id "
    "CROSS JOIN v WHERE b.verdict IS NULL",
    key="r.number",
    number="r.number",
    title="r.title",
    since="b.proposed_at",
)
