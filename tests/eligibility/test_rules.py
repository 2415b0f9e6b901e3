"""Who may apply: the worked survey, and what holds whatever turns out of the facts that are missing."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.eligibility.guests import Answers, What, Who, facts_of_answers, roles_of_kind
from market.eligibility.next_questions import next_questions
from market.eligibility.results import Eligibility
from market.eligibility.rules import concerns, judge
from market.eligibility.states import Answer
from market.programmes.call_windows import CallWindow, end_of_year
from market.programmes.engine import assess, compute
from market.programmes.facts import Facts, Party, ReceiptFacts, read_facts
from market.programmes.rule_files import find_terms, in_force, read_terms, shipped, translatable_strings
from market.programmes.rule_terms import Terms
from tests.programmes.random_claims import EDGES, KINDS, PARTIES, PLACES, random_claim
from tests.programmes.sample_claims import WAN, claim, contract

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SETS = {f"{terms.programme}@{terms.version}": terms for terms in shipped()}
few = settings(max_examples=120, deadline=None, derandomize=True, database=None)


def check(answers: Answers, year: int = 2026) -> dict[str, Eligibility]:
    """Judge all sets that are for such an applicant."""
    return {
        terms.programme: judge(terms, facts_of_answers(answers, terms, year), now=NOW)
        for terms in in_force(year)
        if concerns(terms, kind=answers.kind, region=answers.place, roles=answers.roles)
    }


def counts(result: Eligibility) -> tuple[int, int, int]:
    return len(result.met), len(result.open), len(result.failed)


BUYS = {"who": Who.ENTERPRISE, "place": "450100"}


def test_a_firm_in_nanning_that_knows_only_its_price_has_three_programmes_and_seventeen_open_conditions() -> (
    None
):
    """Worked in the dossier with the kind of applicant not yet a condition: one more is met in each."""
    results = check(Answers(Who.ENTERPRISE, "450100", What.UNSURE, 120 * WAN))

    assert {slug: counts(result) for slug, result in results.items()} == {
        "guangxi": (4, 3, 0),
        "nanning": (5, 10, 0),
        "nanning-voucher": (4, 4, 0),
    }
    assert {result.answer for result in results.values()} == {Answer.OPEN}
    assert {slug: (result.amount, result.is_most) for slug, result in results.items()} == {
        "guangxi": (60 * WAN, True),
        "nanning": (None, True),
        "nanning-voucher": (20 * WAN, True),
    }
    asked = {
        question.fact: len(question.programmes)
        for question in next_questions(list(results.values()), {"kind", "subsidised_before", "receipts"})
    }
    assert asked == {"kind": 3, "subsidised_before": 3, "receipts": 2}


def test_more_answers_meet_the_region_leave_the_city_open_and_fail_the_voucher() -> None:
    known = {
        "new_sales": 150 * WAN,
        "applicant.established_on": date(2019, 5, 1),
        "related": False,
        "publicly_funded": False,
        "subsidised_before": False,
        "signed_on": date(2026, 1, 10),
    }
    results = check(Answers(Who.ENTERPRISE, "450100", What.DEVELOPMENT, 120 * WAN, known))

    region, city, voucher = (results[slug] for slug in ("guangxi", "nanning", "nanning-voucher"))
    assert (region.answer, counts(region), region.amount) == (Answer.MET, (7, 0, 0), 60 * WAN)
    assert (city.answer, counts(city), city.amount) == (Answer.OPEN, (13, 2, 0), None)
    assert voucher.answer is Answer.FAILED
    assert [point.finding.condition for point in voucher.failed] == ["kind"]
    assert "服务合同" in voucher.failed[0].finding.clause
    assert [question.fact for question in next_questions([city, voucher], {"receipts", "kind"})] == [
        "receipts"
    ]


def test_a_licence_fails_in_chongzuo_by_its_kind_and_the_region_may_pay_a_quarter_of_a_million() -> None:
    results = check(Answers(Who.ENTERPRISE, "451400", What.LICENCE, 50 * WAN))

    assert [point.finding.condition for point in results["chongzuo"].failed] == ["kind"]
    assert results["chongzuo"].amount is None
    assert (results["guangxi"].answer, results["guangxi"].amount) == (Answer.OPEN, 25 * WAN)


@pytest.mark.parametrize(
    ("who", "place", "what", "slugs"),
    [
        (Who.ENTERPRISE, "450100", What.UNSURE, {"guangxi", "nanning", "nanning-voucher"}),
        (Who.ENTERPRISE, "450000", What.UNSURE, {"guangxi"}),
        (Who.UNIVERSITY, "450100", What.ASSIGNMENT, set()),
        (Who.UNIVERSITY, "410100", What.UNSURE, {"henan-seller"}),
        (Who.AGENCY, "330200", What.UNSURE, {"ningbo-broker"}),
        (Who.ENTERPRISE, "330200", What.BROKERED, {"ningbo-broker"}),
        (Who.REGISTRY, "350100", What.UNSURE, {"fujian-registry"}),
        (Who.ENTERPRISE, "440300", What.SOLD, {"shenzhen"}),
        (Who.FARMERS_COOP, "450100", What.DEVELOPMENT, set()),
        (Who.PERSON, "450100", What.UNSURE, set()),
        (Who.ENTERPRISE, "110000", What.UNSURE, set()),
        (Who.ENTERPRISE, "", What.UNSURE, set()),
    ],
)
def test_everybody_sees_the_programmes_that_are_for_them_and_no_others(
    who: Who, place: str, what: What, slugs: set[str]
) -> None:
    """A broker sees brokers' sets, a university that buys no enterprise's."""
    assert set(check(Answers(who, place, what, 100 * WAN))) == slugs


def test_a_kind_that_nobody_told_is_met_by_assumption_and_leaves_the_answer_open() -> None:
    raw = claim("guangxi", contract("guangxi", trade_amount=100 * WAN))
    raw["applicant"]["kind"] = None

    result = judge(SETS["guangxi@2019"], read_facts(raw), now=NOW)

    assert result.answer is Answer.OPEN
    assert [point.finding.condition for point in result.points if point.is_assumed] == ["applicant_kind"]


def completions(random: Random, facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield claims in which everything that was missing is known, in various ways."""
    for _ in range(6):
        yield _completed(random, copy.deepcopy(facts))


def _completed(random: Random, raw: dict[str, Any]) -> dict[str, Any]:
    year = raw["year"]
    days = [f"{year - back}-{day}" for back in range(4) for day in ("01-01", "06-30", "12-31")]
    amounts = [0, 1, *(edge * WAN for edge in EDGES), 100_000 * WAN]
    who = {
        "uscc": "91350100M000100Y43",
        "role": random.choice(["buyer", "seller", "broker", "registry", "agency"]),
        "kind": random.choice(PARTIES),
        "region": random.choice(PLACES),
        "established_on": random.choice(days),
        "state_owned": random.random() < 0.5,
        "manufacturer": random.random() < 0.5,
        "high_tech": random.random() < 0.5,
    }
    raw["applicant"] = _filled(raw.get("applicant") or {}, who)
    flags = raw["applicant"].get("flags") or {}
    raw["applicant"]["flags"] = _filled(flags, {"sme": random.random() < 0.5})
    for total in ("granted_this_year", "vat_payable", "vat_paid", "registered_total", "brokered_total"):
        raw.update(_filled({total: raw.get(total)}, {total: random.choice(amounts)}))
    for place, stated in enumerate(raw["contracts"]):
        truths = {name: random.random() < 0.5 for name in ("related", "publicly_funded", "subsidised_before")}
        guess = {
            "kind": random.choice(KINDS),
            "signed_on": random.choice(days),
            "registered_on": random.choice(days),
            "field": random.choice(["biomedicine", "electronics"]),
            "used_in": random.choice(PLACES),
            "outcome": f"CG-{random.randrange(3)}",
            "trade_amount": random.choice(amounts),
            "contract_amount": random.choice(amounts),
            "paid_in_equity": random.choice(amounts),
            "granted_for_outcome": random.choice(amounts),
            "mode": "agreed",
            "grade": "major",
            "receipts": [{"on": random.choice(days), "amount": random.choice(amounts)}],
            **truths,
        }
        filled = _filled(stated, guess)
        sales = {str(year - back): random.choice(amounts) for back in range(4)}
        filled["new_sales"] = _filled(filled.get("new_sales") or {}, sales)
        filled["flags"] = _filled(filled.get("flags") or {}, {"witnessed": random.random() < 0.5})
        filled["receipts"] = [
            _filled(row, {"on": random.choice(days), "amount": random.choice(amounts)})
            for row in filled["receipts"]
        ]
        for side in ("seller", "buyer"):
            party = {"uscc": raw["applicant"]["uscc"], "kind": random.choice(PARTIES[:-1])}
            filled[side] = _filled(filled.get(side) or {}, {**party, "region": random.choice(PLACES)})
        raw["contracts"][place] = filled
    return raw


def _filled(known: dict[str, Any], guess: dict[str, Any]) -> dict[str, Any]:
    return {**known, **{name: value for name, value in guess.items() if known.get(name) is None}}


def is_eligible(terms: Terms, facts: Facts) -> bool:
    """Return what the engine says where nothing is missing."""
    result = compute(facts, terms)
    if False in result.states:
        return False
    return not terms.per_contract or any(part.eligible for part in result.contracts)


@few
@given(st.sampled_from(sorted(SETS)), st.integers(0, 10**9))
def test_met_is_met_and_failed_is_failed_however_the_missing_facts_turn_out(name: str, seed: int) -> None:
    """Nor does one more true fact ever turn the one into the other."""
    terms, random = SETS[name], Random(seed)
    raw = random_claim(random, name)
    if terms.per_contract and not raw["contracts"]:
        raw["contracts"] = [{}]
    _forget(random, raw)

    answer = judge(terms, read_facts(raw), now=NOW).answer
    completed = list(completions(random, raw))
    answers = {is_eligible(terms, read_facts(full)) for full in completed}
    learnt = judge(terms, read_facts(_with_one_more(random, raw, completed[0])), now=NOW).answer

    if answer is Answer.MET:
        assert answers == {True}
    if answer is Answer.FAILED:
        assert answers == {False}
    assert {answer, learnt} != {Answer.MET, Answer.FAILED}


def _with_one_more(random: Random, raw: dict[str, Any], full: dict[str, Any]) -> dict[str, Any]:
    """Return a claim with one more fact of what turned out, of the applicant or of each contract."""
    more = copy.deepcopy(raw)
    learnt = random.choice([*full["applicant"], *(full["contracts"][0] if full["contracts"] else ())])
    for known, all_known in (
        (more["applicant"], full["applicant"]),
        *zip(more["contracts"], full["contracts"], strict=True),
    ):
        if learnt in all_known:
            known[learnt] = all_known[learnt]
    return more


def _forget(random: Random, raw: dict[str, Any]) -> None:
    """Leave out some of the facts."""
    chance = random.choice([0, 0.03, 0.15])
    for facts in (raw["applicant"], *raw["contracts"]):
        for key in [key for key in facts if key != "no"]:
            if random.random() < chance:
                del facts[key]


def test_whatever_a_set_says_of_anybody_it_says_in_chinese_without_codes() -> None:
    """English words of rule data, and codes of places and fields that facts have, never reach a page."""
    shipped_words = [text for terms in SETS.values() for text in translatable_strings(terms.content)]
    told: list[str] = []
    for name, terms in SETS.items():
        for seed in range(8):
            raw = random_claim(Random(seed), name)
            raw["contracts"] = raw["contracts"] or [{}]
            result = judge(terms, read_facts(raw), now=NOW)
            told += map(str, result.assumptions)
            for finding in (point.finding for point in result.points):
                told += [str(text) for text in (finding.text, finding.reason, finding.remedy) if text]
                told.append(finding.clause)

    english = {text for text in [*shipped_words, *told] if re.search("[A-Za-z_]{2,}", text)}
    assert len(told) > 3_000
    assert english == {"所见文本未载 50 万元以上的分档（bracket not in the text seen）"}, "as the file has it"
    assert english.isdisjoint(told)
    assert [text for text in told if re.search(r"\d{6}$", text)] == []


def test_a_place_and_a_field_are_named_and_a_remark_for_programs_is_left_to_them() -> None:
    elsewhere = contract("hefei", 1, 2026, seller={"kind": "university", "region": "410100"})
    old = contract("nanning", 1, 2026, signed_on="2020-05-05", field="electronics")
    dear = claim("chongzuo", contract("chongzuo", trade_amount=51 * WAN))

    reasons = {
        point.finding.condition: str(point.finding.reason)
        for name, raw in (("hefei@2022", elsewhere), ("nanning@2025", old))
        for point in judge(SETS[name], read_facts(claim(name, raw, year=2026)), now=NOW).failed
    }
    [printed] = assess(read_facts(dear), SETS["chongzuo@2018"]).to_json()["contracts"]

    assert reasons["seller_region"] == "卖方所在地为河南·郑州"
    assert "技术领域为电子信息" in reasons["signed"]
    assert [row["reason"] for row in printed["failed"]] == [
        "所见文本未载 50 万元以上的分档（bracket not in the text seen）"
    ]


def nanning(**bent: Any) -> Eligibility:
    """Judge a contract that meets all that Nanning asks, but for what is bent."""
    year = bent.pop("year", 2026)
    now = bent.pop("now", NOW)
    call = bent.pop("call", None)
    paid = bent.pop("paid", 120 * WAN)
    usual = {
        "trade_amount": 120 * WAN,
        "contract_amount": 120 * WAN,
        "new_sales": {str(year): 150 * WAN},
        "receipts": [{"on": f"{year}-02-10", "amount": paid}],
    }
    raw = claim("nanning", contract("nanning", 1, year, **{**usual, **bent}), year=year)
    return judge(SETS["nanning@2025"], read_facts(raw), now=now, call=call)


CALL = CallWindow(
    UUID(int=1), "SB-2026-000001", "nanning", 2026, NOW - timedelta(days=1), NOW + timedelta(days=20)
)


def test_what_the_applicant_can_still_do_is_a_step_and_what_it_cannot_a_refusal() -> None:
    assert nanning().answer is Answer.MET
    sales = nanning(new_sales={"2026": 0})
    assert sales.answer is Answer.STEP
    assert {point.finding.condition for point in sales.steps} == {"min_sales", "trade_within_sales"}
    assert sales.until == end_of_year(2026)
    unpaid = nanning(paid=10 * WAN, call=CALL)
    assert (unpaid.answer, unpaid.until) == (Answer.STEP, CALL.closes_at)
    assert nanning(signed_on="2020-05-05", field="electronics").answer is Answer.FAILED
    assert nanning(related=True).answer is Answer.FAILED
    small = nanning(trade_amount=20 * WAN, paid=10 * WAN)
    assert small.answer is Answer.FAILED, "not even the whole price reaches the threshold"


def test_what_belongs_to_a_year_that_is_over_is_no_step_any_more() -> None:
    over = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)

    assert nanning(new_sales={"2026": 0}, now=over - timedelta(seconds=1)).answer is Answer.STEP
    assert nanning(new_sales={"2026": 0}, now=over).answer is Answer.FAILED


def test_a_contract_that_is_not_registered_or_paid_is_a_step_away() -> None:
    raw = claim("guangxi", contract("guangxi", trade_amount=100 * WAN), year=2026)
    raw["contracts"][0]["new_sales"] = {"2026": WAN}
    terms = SETS["guangxi@2019"]

    registered = judge(terms, read_facts(raw), now=NOW)
    unregistered = judge(terms, read_facts(raw), now=NOW, unregistered=[0])
    service = claim("nanning-voucher", contract("nanning-voucher", trade_amount=30 * WAN), year=2026)
    voucher = judge(SETS["nanning-voucher@2020"], read_facts(service), now=NOW)

    assert (registered.answer, registered.amount, registered.is_most) == (Answer.MET, 50 * WAN, False)
    assert (unregistered.answer, unregistered.amount, unregistered.is_most) == (Answer.STEP, 50 * WAN, True)
    assert [point.finding.condition for point in unregistered.steps] == ["registered"]
    assert voucher.answer is Answer.STEP, "nothing has been paid yet"
    assert [point.finding.condition for point in voucher.steps] == ["base"]


def test_the_best_contract_answers_and_only_what_is_sure_is_added_up() -> None:
    good = contract("guangxi", 1, trade_amount=100 * WAN, new_sales={"2026": WAN})
    open_one = contract("guangxi", 2, trade_amount=300 * WAN, new_sales={})
    failed = contract("guangxi", 3, kind="service", trade_amount=900 * WAN)
    raw = claim("guangxi", failed, open_one, good, year=2026)

    result = judge(SETS["guangxi@2019"], read_facts(raw), now=NOW)

    assert (result.answer, result.contract, result.amount) == (Answer.MET, 2, 50 * WAN)


def test_contracts_that_may_be_of_one_outcome_may_reach_a_threshold_together() -> None:
    terms = SETS["hefei@2022"]
    year = 2026

    def two(first: str | None, second: str | None, paid: int = 60) -> Answer:
        rows = [
            contract(
                "hefei",
                no,
                year,
                trade_amount=70 * WAN,
                outcome=outcome,
                receipts=[{"on": f"{year}-03-01", "amount": paid * WAN}],
            )
            for no, outcome in ((1, first), (2, second))
        ]
        return judge(terms, read_facts(claim("hefei", *rows, year=year)), now=NOW).answer

    assert two("CG-1", "CG-1") is Answer.MET
    assert two("CG-1", None) is Answer.OPEN
    assert two(None, None) is Answer.OPEN
    assert two("CG-1", "CG-2") is Answer.FAILED
    assert two("CG-1", "CG-1", paid=45) is Answer.STEP


def test_a_pair_of_licences_of_which_one_is_later_fails_for_good() -> None:
    rows = [
        contract(
            "ningxia-buyer",
            no,
            2026,
            kind="licence",
            outcome="CG-1",
            registered_on=day,
            trade_amount=50 * WAN,
            receipts=[{"on": "2026-03-01", "amount": 50 * WAN}],
        )
        for no, day in ((1, "2026-01-05"), (2, "2026-02-05"))
    ]
    facts = read_facts(claim("ningxia-buyer", *rows, year=2026))
    terms = SETS["ningxia-buyer@2023"]

    both, later = judge(terms, facts, now=NOW), replace(facts, contracts=facts.contracts[1:])

    assert (both.answer, both.contract) == (Answer.MET, 0)
    assert both.amount == 15 * WAN
    assert judge(terms, later, now=NOW).answer is Answer.MET


def test_a_set_on_totals_asks_for_its_total_and_fails_below_its_threshold() -> None:
    registry = SETS["fujian-registry@2019"]
    small, large = (
        facts_of_answers(Answers(Who.REGISTRY, "350100", What.REGISTERED, amount * WAN), registry, 2026)
        for amount in (100, 32_000)
    )
    unknown = facts_of_answers(Answers(Who.REGISTRY, "350100"), registry, 2026)

    assert judge(registry, small, now=NOW).answer is Answer.FAILED
    assert judge(registry, large, now=NOW).answer is Answer.MET
    assert judge(registry, large, now=NOW).amount == 11 * WAN
    open_result = judge(registry, unknown, now=NOW)
    assert (open_result.answer, open_result.amount) == (Answer.OPEN, None)
    assert [question.fact for question in next_questions([open_result], {"registered_total"})] == [
        "registered_total"
    ]


def test_equity_of_a_kind_that_is_not_known_decides_nothing_by_its_price() -> None:
    content = copy.deepcopy(dict(SETS["ningxia-buyer@2023"].content))
    least = {"name": "least", "fact": "base", "test": "at_least", "value": 10 * WAN, "clause": "base"}
    content["conditions"] = [{**least, "text": "到账不低于 10 万元"}]
    terms = read_terms(content)
    raw = claim("ningxia-buyer", contract("ningxia-buyer", kind=None, paid_in_equity=5 * WAN), year=2026)
    raw["contracts"][0]["receipts"] = [{"on": "2026-03-01", "amount": 20 * WAN}]

    result = judge(terms, read_facts(raw), now=NOW)

    assert "least" in [point.finding.condition for point in result.open]


def test_equity_that_is_not_paid_in_and_a_paper_that_is_missing_are_steps() -> None:
    equity = contract("guangxi", kind="equity", contract_amount=100 * WAN, paid_in_equity=0)
    raw = claim("guangxi", {**equity, "new_sales": {"2026": WAN}}, year=2026)
    witnessed = contract("fuzhou@2025", 1, 2026, trade_amount=100 * WAN, flags={"witnessed": False})

    unpaid = judge(SETS["guangxi@2019"], read_facts(raw), now=NOW)
    paper = judge(SETS["fuzhou@2025"], read_facts(claim("fuzhou", witnessed, year=2026)), now=NOW)

    assert unpaid.answer is Answer.STEP
    assert paper.answer is Answer.STEP
    assert paper.until is None, "no closing is published, and a paper belongs to no year"


def test_receipts_or_equity_of_which_nothing_is_known_stay_open() -> None:
    paid = nanning(receipts=None)
    equity = contract("guangxi", kind="equity", contract_amount=None, paid_in_equity=None)
    raw = claim("guangxi", {**equity, "new_sales": {"2026": WAN}}, year=2026)

    assert paid.answer is Answer.OPEN
    assert judge(SETS["guangxi@2019"], read_facts(raw), now=NOW).answer is Answer.OPEN


def test_answers_of_every_kind_become_facts() -> None:
    given = {
        "seller.kind": "university",
        "seller.region": "450100",
        "receipts": 0,
        "flags.witnessed": True,
        "applicant.flags.sme": True,
        "vat_paid": 5,
        "mode": "",
    }
    buyer = facts_of_answers(
        Answers(Who.ENTERPRISE, "450100", What.LICENCE, WAN, given), SETS["guangxi@2019"], 2026
    )
    seller = facts_of_answers(Answers(Who.PERSON, "", What.SOLD), SETS["henan-seller@2020"], 2026)
    (bought,), (sold,) = buyer.contracts, seller.contracts

    assert bought.seller == Party(kind="university", region="450100")
    assert bought.receipts == (ReceiptFacts(date(2026, 12, 31), 0),)
    assert (bought.kind, bought.mode, bought.flags) == ("licence", None, {"witnessed": True})
    assert (buyer.applicant.flags, buyer.vat_paid) == ({"sme": True}, 5)
    assert (seller.applicant.kind, seller.applicant.region, sold.kind) == (None, None, None)
    assert sold.seller.uscc == seller.applicant.uscc
    assert Answers().roles == roles_of_kind("authority") == {"buyer", "seller"}
    assert find_terms("guangxi")[0] is SETS["guangxi@2019"]


def test_a_set_of_three_hundred_conditions_is_judged_like_any_other() -> None:
    content = copy.deepcopy(dict(SETS["guangxi@2019"].content))
    content["conditions"] = [{**content["conditions"][0], "name": f"new_sales_{n}"} for n in range(300)]

    result = judge(
        read_terms(content),
        facts_of_answers(Answers(Who.ENTERPRISE, "450100", What.LICENCE, 10**15), SETS["guangxi@2019"], 2026),
        now=NOW,
    )

    assert len([point for point in result.open if "new_sales" in point.missing]) == 300
    assert result.amount == 5 * 10**14


def test_what_is_for_the_chosen_concerns_nobody_who_asks_and_them_wherever_they_are() -> None:
    terms = SETS["guangxi-challenge@2026"]
    for kind, place in (("university", "450100"), ("enterprise", "430100"), (None, "450000")):
        who: dict[str, Any] = {"kind": kind, "region": place, "roles": {"seller"}}
        assert not concerns(terms, **who)
        assert concerns(terms, **who, may_be_chosen=True)
    assert not concerns(terms, kind="agency", region="450100", roles={"seller"}, may_be_chosen=True)
    assert [s.programme for s in in_force(2026) if s.is_for_chosen] == ["guangxi-challenge"]
