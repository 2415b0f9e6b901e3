"""Invariants of claims."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from market.accounts.relations import LOOK_BACK_YEARS
from market.audit.models import AuditEvent
from market.claims.computation import sheet_hash
from market.claims.models import Assessment, Claim
from market.claims.risk_detection import flags_hash
from market.claims.risk_flags import RiskFlag, kinds_key
from market.kit.findings import MAX_FINDINGS, find_rows
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant

PAGE = 500
HANDS = (
    "(SELECT DISTINCT ON (claim_id) claim_id, proposed_by_id AS computed_by_id, "
    "CASE WHEN verdict = 'confirmed' THEN decided_by_id END AS confirmed_by_id "
    "FROM assessments ORDER BY claim_id, sequence DESC)"
)
"""Who computed and who confirmed the latest computation of each claim."""
STANDING = "('publicity', 'approved', 'to_pay', 'paid', 'tracking', 'closed')"


async def parts_add_up() -> list[str]:
    """The awards of a claim's contracts add up to the claim's award."""
    return await find_rows(
        "SELECT c.number, c.award_amount, sum(k.award_amount) AS parts FROM claims c "  # noqa: S608
        f"JOIN claim_contracts k ON k.claim_id = c.id WHERE c.status IN {STANDING} "
        "GROUP BY c.number, c.award_amount HAVING sum(k.award_amount) <> c.award_amount",
        lazy("申报 %(number)s：补助 ￥%(award_amount)s，各合同合计 ￥%(parts)s"),
    )


async def no_conflicted_hands() -> list[str]:
    """Nobody computed or rechecked a claim after declaring a conflict of interest for it."""
    return await find_rows(
        "SELECT c.number FROM claims c JOIN declared_conflicts f ON f.subject_id = c.id "  # noqa: S608
        f"JOIN {HANDS} AS h ON h.claim_id = c.id "
        "WHERE f.subject_kind = 'claim' AND c.status NOT IN ('accepted', 'supplement') "
        "AND f.user_id IN (h.computed_by_id, h.confirmed_by_id)",
        lazy("申报 %(number)s 由声明回避的人经办"),
    )


async def no_interested_hands() -> list[str]:
    """Nobody computed or confirmed a computation for an organisation they had a past with at that time."""
    return await find_rows(
        "SELECT DISTINCT c.number, o.name AS organisation "  # noqa: S608  # a text of our own
        "FROM assessments a JOIN claims c ON c.id = a.claim_id "
        "JOIN LATERAL (SELECT c.applicant_id AS id UNION SELECT unnest(ARRAY[d.seller_id, d.buyer_id]) "
        "  FROM claim_contracts k JOIN contracts t ON t.id = k.contract_id JOIN deals d ON d.id = t.deal_id "
        "  WHERE k.claim_id = c.id) AS party ON true JOIN organisations o ON o.id = party.id "
        "JOIN memberships m ON m.organisation_id = party.id AND m.started_at IS NOT NULL "
        "WHERE (m.user_id = a.proposed_by_id AND m.started_at <= a.proposed_at "
        f"  AND (m.ended_at IS NULL OR m.ended_at > a.proposed_at - interval '{LOOK_BACK_YEARS} years')) "
        "OR (m.user_id = a.decided_by_id AND m.started_at <= a.decided_at "
        f"  AND (m.ended_at IS NULL OR m.ended_at > a.decided_at - interval '{LOOK_BACK_YEARS} years'))",
        lazy("申报 %(number)s 的核算或复核人与 %(organisation)s 有关"),
    )


async def payees_as_logged() -> list[str]:
    """The account frozen into a claim is the one that its log has, of submission or last change."""
    return await find_rows(
        "SELECT c.number FROM claims c LEFT JOIN payee_accounts a ON a.id = c.payee_id "
        "LEFT JOIN LATERAL (SELECT e.data ->> 'account_hash' AS hash "
        "FROM audit_events e WHERE e.subject_kind = 'claim' AND e.subject_id = c.id "
        "AND e.action IN ('submit', 'supply', 'change_payee') AND e.data ->> 'account_hash' <> '' "
        "ORDER BY e.sequence DESC LIMIT 1) AS logged ON true "
        "WHERE coalesce(a.fingerprint, '') <> coalesce(logged.hash, '')",
        lazy("申报 %(number)s 的收款账户与提交时的日志不同"),
    )


async def evidence_is_as_logged() -> list[str]:
    """Every paper of a claim says what the log says it said when it was added, and its file is the same."""
    return await find_rows(
        "SELECT c.number, e.kind, e.number AS paper FROM evidence e JOIN claims c ON c.id = e.claim_id "
        "LEFT JOIN files f ON f.id = e.file_id WHERE NOT EXISTS (SELECT 1 FROM audit_events a "
        "  WHERE a.subject_kind = 'claim' AND a.subject_id = e.claim_id AND a.action = 'add_evidence' "
        "  AND a.data->>'evidence' = e.id::text AND a.data->>'kind' = e.kind "
        "  AND a.data->>'number' = e.number AND (a.data->>'amount')::bigint IS NOT DISTINCT FROM e.amount "
        "  AND a.data->>'sha256' IS NOT DISTINCT FROM f.sha256)",
        lazy("申报 %(number)s：%(kind)s“%(paper)s”与日志所记不同"),
        labels={"kind": "evidence_kind"},
    )


async def evidence_is_not_lost() -> list[str]:
    """Every paper that the log names is still there, or was taken out before the first submission."""
    return await find_rows(
        "SELECT c.number, a.data->>'kind' AS kind, a.data->>'number' AS paper "
        "FROM audit_events a JOIN claims c ON c.id = a.subject_id "
        "WHERE a.subject_kind = 'claim' AND a.action = 'add_evidence' AND a.data ? 'evidence' "
        "AND NOT EXISTS (SELECT 1 FROM evidence e WHERE e.id::text = a.data->>'evidence') "
        "AND NOT EXISTS (SELECT 1 FROM audit_events r WHERE r.subject_kind = 'claim' "
        "  AND r.subject_id = a.subject_id AND r.action = 'remove_evidence' "
        "  AND r.data->>'evidence' = a.data->>'evidence')",
        lazy("申报 %(number)s：%(kind)s“%(paper)s”不见了"),
        labels={"kind": "evidence_kind"},
    )


async def refusals_are_decided_by_two() -> list[str]:
    """Every rejected claim was refused by two, or taken off its list by an objection or a lost contract.

    A refusal of an earlier release has no number in the log: one person took it.
    """
    return await find_rows(
        "SELECT c.number FROM claims c LEFT JOIN LATERAL (SELECT e.action, e.data->>'refusal' AS refusal "
        "  FROM audit_events e WHERE e.subject_kind = 'claim' AND e.subject_id = c.id "
        "  AND e.action IN ('reject', 'uphold_objection', 'release') "
        "  ORDER BY e.sequence DESC LIMIT 1) AS logged ON true "
        "LEFT JOIN claim_refusals r ON r.id::text = logged.refusal "
        "WHERE c.status = 'rejected' AND (logged.action IS NULL OR (logged.refusal IS NOT NULL "
        "  AND (r.id IS NULL OR r.claim_id <> c.id OR r.verdict IS DISTINCT FROM 'confirmed' "
        "    OR r.decided_by_id IS NULL OR r.decided_by_id = r.proposed_by_id "
        "    OR r.text <> c.reject_reason)))",
        lazy("申报 %(number)s 的不予支持不是两人决定的"),
    )


async def awards_as_computed() -> list[str]:
    """A claim off any confirmed list has the award of its latest computation, on one it has no more.

    A rechecked claim has a computation that a second person confirmed.
    """
    return await find_rows(
        "SELECT c.number, c.award_amount, a.award_amount AS computed FROM claims c "  # noqa: S608
        "LEFT JOIN LATERAL (SELECT * FROM assessments a WHERE a.claim_id = c.id "
        "  ORDER BY a.sequence DESC LIMIT 1) AS a ON true "
        "WHERE (c.status IN ('calculated', 'rechecked', 'reviewed') "
        "  AND c.award_amount IS DISTINCT FROM a.award_amount) "
        "OR (c.status IN ('rechecked', 'reviewed') AND a.verdict IS DISTINCT FROM 'confirmed') "
        f"OR (c.status IN {STANDING} AND (a.id IS NULL OR c.award_amount > a.award_amount))",
        lazy("申报 %(number)s：补助 ￥%(award_amount)s，核算 ￥%(computed)s"),
    )


async def computations_as_logged() -> list[str]:
    """Each computation has the award that its log and its sheet have, and its recheck stands in the log."""
    return await find_rows(
        "SELECT c.number, a.sequence FROM assessments a JOIN claims c ON c.id = a.claim_id "
        "WHERE (a.result ->> 'award')::bigint <> a.award_amount OR NOT EXISTS ("
        "  SELECT 1 FROM audit_events e WHERE e.subject_kind = 'claim' AND e.subject_id = c.id "
        "  AND e.action = 'calculate' AND (e.data ->> 'amount')::bigint = a.award_amount) "
        "OR (a.verdict = 'confirmed' AND NOT EXISTS ("
        "  SELECT 1 FROM audit_events e WHERE e.subject_kind = 'claim' AND e.subject_id = c.id "
        "  AND e.action = 'recheck' AND (e.data ->> 'amount')::bigint = a.award_amount))",
        lazy("申报 %(number)s 的第 %(sequence)s 次核算与日志不同"),
    )


async def sheets_as_logged() -> list[str]:
    """Facts and result of each computation are those whose hash its log has."""
    findings: list[str] = []
    last = None
    while len(findings) < MAX_FINDINGS:
        rows = Assessment.all() if last is None else Assessment.filter(id__gt=last)
        # Values, not records: what was tampered with may be no value of an enum.
        page = await (
            rows.order_by("id")
            .limit(PAGE)
            .values("id", "claim_id", "claim__number", "sequence", "facts", "result")
        )
        if not page:
            break
        last = page[-1]["id"]
        logged: dict[UUID, set[str]] = {}
        for event in await AuditEvent.filter(
            subject_kind="claim", action="calculate", subject_id__in=[row["claim_id"] for row in page]
        ):
            logged.setdefault(event.subject_id, set()).add(str(event.data.get("sheet", "")))
        findings += [
            _(
                "申报 %(number)s 的第 %(sequence)s 次核算与日志不同",
                number=row["claim__number"],
                sequence=row["sequence"],
            )
            for row in page
            if "" not in logged.get(row["claim_id"], set())
            and sheet_hash(row["facts"], row["result"]) not in logged.get(row["claim_id"], set())
        ]
    return findings[:MAX_FINDINGS]


async def flags_as_logged() -> list[str]:
    """The risk flags of each claim are those whose hash its log has; claims of before the log had it pass."""
    logged = {
        event.subject_id: event.data.get("digest")
        for event in await AuditEvent.filter(subject_kind="claim", action="find_doubts").order_by("sequence")
    }
    findings: list[str] = []
    claims = (
        await Claim.filter(id__in=list(logged))
        .order_by("number")
        .values("id", "number", "doubts", "doubt_kinds")
    )
    for claim in claims:
        flags = claim["doubts"] or []
        kinds = kinds_key(RiskFlag(flag["kind"], flag["what"]) for flag in flags)
        if flags_hash(flags) != logged[claim["id"]] or kinds != claim["doubt_kinds"]:
            findings.append(_("申报 %(number)s 的疑点与日志不同", number=claim["number"]))
    return findings[:MAX_FINDINGS]


async def claims_as_stated() -> list[str]:
    """Each claim has the contracts it was made of, and the totals and facts that its applicant stated."""
    return await find_rows(
        "SELECT c.number FROM claims c JOIN programmes p ON p.id = c.programme_id "
        "JOIN programme_terms v ON v.id = c.terms_id LEFT JOIN LATERAL (SELECT e.data FROM audit_events e "
        "  WHERE e.subject_kind = 'claim' AND e.subject_id = c.id AND e.action = 'create' LIMIT 1) AS made "
        "ON true LEFT JOIN LATERAL (SELECT e.data FROM audit_events e WHERE e.subject_kind = 'claim' "
        "  AND e.subject_id = c.id AND e.action = 'state_totals' ORDER BY e.sequence DESC LIMIT 1) AS totals "
        "ON true WHERE made.data -> 'contracts' IS DISTINCT FROM (SELECT "
        "  coalesce(jsonb_agg(t.number ORDER BY t.number), '[]') FROM claim_contracts k "
        "  JOIN contracts t ON t.id = k.contract_id WHERE k.claim_id = c.id) "
        "OR (made.data ->> 'year')::int <> c.year OR made.data ->> 'version' <> v.version "
        "OR made.data ->> 'programme' <> p.slug OR v.programme_id <> p.id "
        "OR made.data ->> 'applicant' <> c.applicant_id::text "
        "OR coalesce(c.stated, '{}') <> coalesce(totals.data, '{}') "
        "UNION SELECT c.number FROM claim_contracts k JOIN claims c ON c.id = k.claim_id "
        "JOIN contracts t ON t.id = k.contract_id LEFT JOIN LATERAL (SELECT e.data FROM audit_events e "
        "  WHERE e.subject_kind = 'claim' AND e.subject_id = c.id AND e.action = 'state_facts' "
        "  AND e.data ->> 'contract' = t.number ORDER BY e.sequence DESC LIMIT 1) AS f ON true "
        "WHERE (k.mode, k.grade, k.paid_in_equity_amount) IS DISTINCT FROM "
        "(f.data ->> 'mode', f.data ->> 'grade', (f.data ->> 'paid_in_equity')::bigint) "
        "OR coalesce(k.flags, '{}') <> coalesce(f.data -> 'flags', '{}')",
        lazy("申报 %(number)s 的合同或填报的事实与日志不同"),
    )


async def sales_as_reported() -> list[str]:
    """The sales of each contract and year are what was reported last."""
    return await find_rows(
        "SELECT coalesce(t.number, '—') AS number, coalesce(s.year, e.year) AS year, s.amount, "
        "e.amount AS reported FROM sales_reports s FULL JOIN ("
        "  SELECT DISTINCT ON (subject_id, data ->> 'year') subject_id, (data ->> 'year')::int AS year, "
        "  (data ->> 'amount')::bigint AS amount FROM audit_events WHERE subject_kind = 'contract' "
        "  AND action = 'report_sales' ORDER BY subject_id, data ->> 'year', sequence DESC) AS e "
        "ON e.subject_id = s.contract_id AND e.year = s.year "
        "LEFT JOIN contracts t ON t.id = coalesce(s.contract_id, e.subject_id) "
        "WHERE s.amount IS DISTINCT FROM e.amount",
        lazy("合同 %(number)s %(year)s 年的新增销售 ￥%(amount)s，填报 ￥%(reported)s"),
    )


async def supplements_are_as_requested() -> list[str]:
    """A claim that waits for a supplement has the text and the last day that were requested."""
    return await find_rows(
        "SELECT c.number FROM claims c LEFT JOIN LATERAL (SELECT s.note FROM status_events s "
        "  WHERE s.subject_kind = 'claim' AND s.subject_id = c.id AND s.action = 'ask_supplement' "
        "  ORDER BY s.id DESC LIMIT 1) AS asked ON true "
        "LEFT JOIN LATERAL (SELECT (e.data->>'due_on')::date AS due_on FROM audit_events e "
        "  WHERE e.subject_kind = 'claim' AND e.subject_id = c.id AND e.action = 'ask_supplement' "
        "  ORDER BY e.sequence DESC LIMIT 1) AS logged ON true "
        "WHERE c.status = 'supplement' AND (c.supplement_note IS DISTINCT FROM asked.note "
        "  OR c.supplement_due_on IS DISTINCT FROM logged.due_on)",
        lazy("申报 %(number)s 的补正要求或期限与日志不同"),
    )


async def claims_were_submitted_while_a_call_was_open() -> list[str]:
    """Where a programme had a call, each claim was first submitted while one of its year was open."""
    return await find_rows(
        "SELECT c.number FROM claims c WHERE c.submitted_at IS NOT NULL AND EXISTS (SELECT 1 FROM calls k "
        "WHERE k.programme_id = c.programme_id AND k.status = 'released' AND k.decided_at <= c.submitted_at) "
        "AND NOT EXISTS (SELECT 1 FROM calls k WHERE k.programme_id = c.programme_id AND k.year = c.year "
        "AND k.status = 'released' AND k.decided_at <= c.submitted_at AND k.opens_at <= c.submitted_at "
        "AND c.submitted_at < coalesce((SELECT g.closes_at FROM call_closings g WHERE g.call_id = k.id "
        "AND g.verdict = 'confirmed' AND g.decided_at <= c.submitted_at ORDER BY g.decided_at DESC LIMIT 1), "
        "k.closes_at))",
        lazy("申报 %(number)s 不是在受理期内提交的"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "subsidies: awards are what was computed": Invariant(
        lazy("补助：申报的补助就是核算的结果"), awards_as_computed
    ),
    "subsidies: computations are what the log says": Invariant(
        lazy("补助：核算和复核与日志所记一致"), computations_as_logged
    ),
    "subsidies: sheets are what the log says": Invariant(
        lazy("补助：核算的事实和结果与日志所记一致"), sheets_as_logged
    ),
    "subsidies: claims are as their applicants stated": Invariant(
        lazy("补助：申报的合同和填报的事实与日志一致"), claims_as_stated
    ),
    "subsidies: sales are what was reported": Invariant(
        lazy("补助：新增销售收入与填报时的日志一致"), sales_as_reported
    ),
    "subsidies: doubts are what the log says": Invariant(
        lazy("补助：申报的疑点与日志所记一致"), flags_as_logged
    ),
    "subsidies: supplements are what was requested": Invariant(
        lazy("补助：补正的要求和期限与日志所记一致"), supplements_are_as_requested
    ),
    "subsidies: claims are refused by two": Invariant(
        lazy("补助：不予支持由两人决定"), refusals_are_decided_by_two
    ),
    "subsidies: evidence is what the log says": Invariant(
        lazy("补助：材料与日志所记一致"), evidence_is_as_logged
    ),
    "subsidies: no evidence is lost": Invariant(lazy("补助：材料没有丢失"), evidence_is_not_lost),
    "subsidies: nobody acts against a declared conflict": Invariant(
        lazy("补助：声明回避的人没有经办"), no_conflicted_hands
    ),
    "subsidies: nobody decides on people of their own past": Invariant(
        lazy("补助：与当事方有关的人没有经办"), no_interested_hands
    ),
    "subsidies: contracts add up to the claim": Invariant(
        lazy("补助：各合同的补助合计等于申报的补助"), parts_add_up
    ),
    "subsidies: accounts are the ones frozen into claims": Invariant(
        lazy("补助：申报的收款账户与提交时的日志一致"), payees_as_logged
    ),
    "subsidies: claims were submitted while a call was open": Invariant(
        lazy("补助：有申报通知的，在受理期内提交"), claims_were_submitted_while_a_call_was_open
    ),
}
