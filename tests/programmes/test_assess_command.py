"""`python -m market assess`: lines in, lines out."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from market.programmes.assess_command import main, prepare, write
from tests.programmes.sample_claims import WAN, claim, contract

GOOD = claim("guangxi", contract("guangxi", trade_amount=100 * WAN))


def run(raw: bytes, programme: str = "guangxi", *terms: str) -> tuple[int, list[dict[str, Any]]]:
    target = io.BytesIO()
    status = write(io.BytesIO(raw), target, prepare(programme, terms))
    return status, [json.loads(line) for line in target.getvalue().splitlines()]


def lines(*claims: object) -> bytes:
    return b"".join(json.dumps(raw).encode() + b"\n" for raw in claims)


def test_each_line_is_answered_in_order_and_shape() -> None:
    other = claim("guangxi", contract("guangxi", trade_amount=WAN), year=2026)

    status, printed = run(lines(GOOD, other))

    assert status == 0
    assert [(line["year"], line["award"]) for line in printed] == [(2025, 50 * WAN), (2026, WAN // 2)]
    assert list(printed[0]) == [
        *("uscc", "year", "programme", "version", "award", "provisional", "failed", "open", "lines"),
        "contracts",
    ]
    assert list(printed[0]["contracts"][0]) == [
        *("no", "eligible", "failed", "open", "base", "award", "lines"),
    ]
    assert printed[0]["contracts"][0]["lines"][1] == {
        "step": "rate",
        "clause": "自治区科技厅 2019 年科技创新工作计划（五）（摘要：给予最高 50% 的奖励性后补助）",
        "base": 100 * WAN,
        "rate_basis_points": 5000,
        "amount": 50 * WAN,
        "note": "100 万元 × 50%",
    }


def test_a_kind_of_applicant_that_is_not_told_counts_as_the_first_one_named_and_is_told() -> None:
    raw = claim("henan-seller", contract("henan-seller", paid=100 * WAN), applicant={"kind": None})

    _, (printed,) = run(lines(raw), "henan-seller")

    assert printed["award"] == 10 * WAN
    assert not printed["provisional"]
    assert (printed["failed"], printed["open"]) == ([], [])
    (assumed,) = printed["assumed"]
    assert (assumed["condition"], assumed["reason"]) == ("applicant_kind", "假定：申请单位性质为高等院校")
    assert assumed["clause"].endswith("（摘要：在省内转化成果的高等院校、科研院所）")


def test_a_kind_of_applicant_that_the_set_is_not_for_fails_with_its_clause() -> None:
    raw = claim("guangxi", contract("guangxi", trade_amount=WAN), applicant={"kind": "farmers_coop"})

    _, (printed,) = run(lines(raw), "guangxi")

    assert printed["award"] == 0
    assert "assumed" not in printed
    assert [(failed["condition"], failed["reason"]) for failed in printed["failed"]] == [
        ("applicant_kind", "申请单位性质为农民专业合作社")
    ]
    assert "购买科技成果的企业" in printed["failed"][0]["clause"]


def test_a_failed_condition_names_its_clause_and_reason() -> None:
    raw = claim("luan", contract("luan", paid=25_000 * 100))

    _, printed = run(lines(raw), "luan")

    assert printed[0]["contracts"][0]["failed"] == [
        {
            "condition": "min_paid",
            "clause": "六安市 2020 年补助文本（文号未见）（摘要：每份合同支付 10 万元以上）",
            "reason": "核定基数为25,000.00 元",
        }
    ]


BAD: dict[str, Any] = {
    "year": "2025",
    "contracts": {},
    "applicant": [],
    "granted_this_year": 1.5,
    "vat_paid": True,
    "registered_total": "1",
    "brokered_total": -1,
}
BAD_APPLICANT: dict[str, Any] = {
    "uscc": "91310115MA1H8R7C6D",
    "role": "owner",
    "kind": "person",
    "region": 450100,
    "established_on": "2025-02-29",
    "manufacturer": "yes",
    "flags": {"sme": 1},
}
BAD_CONTRACT: dict[str, Any] = {
    "no": 1,
    "kind": "gift",
    "signed_on": "20250110",
    "registered_on": "2025-01-10T00:00:00",
    "mode": "sealed",
    "grade": "top",
    "seller": "x",
    "buyer": {"uscc": "91350100M000100Y44"},
    "trade_amount": 1.0,
    "excluded": {"equipment": -1},
    "receipts": {"on": "2025-01-01", "amount": 1},
    "new_sales": {"last": 1},
    "related": 0,
    "granted_for_outcome": [],
    "flags": [],
    "licence_years": -1,
}


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        *(({**GOOD, key: value}, key) for key, value in BAD.items()),
        *(({**GOOD, "applicant": {key: value}}, key) for key, value in BAD_APPLICANT.items()),
        *(({**GOOD, "contracts": [{key: value}]}, key) for key, value in BAD_CONTRACT.items()),
        ({**GOOD, "contracts": [None]}, "contracts[0]"),
        ({**GOOD, "contracts": [{"receipts": [{"on": "2025-1-1"}]}]}, "receipts[0].on"),
        ({**GOOD, "contracts": GOOD["contracts"] * 2}, "重复"),
        ({**GOOD, "year": None}, "year"),
        ({**GOOD, "year": 0}, "year"),
        ({**GOOD, "year": 2018}, "2018"),
        ([], "对象"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_and_the_others_are_computed(raw: object, told: str) -> None:
    status, printed = run(lines(GOOD, raw, GOOD))

    assert status == 1
    assert printed[1]["line"] == 2
    assert told in printed[1]["error"]
    assert printed[0] == printed[2]
    assert printed[0]["award"] == 50 * WAN


@pytest.mark.parametrize("raw", [b"{", b"", b"nonsense", b'{"year": NaN}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_told_and_the_others_are_computed(raw: bytes) -> None:
    status, printed = run(lines(GOOD) + raw + b"\n" + lines(GOOD))

    assert status == 1
    assert printed[1]["line"] == 2
    assert [line.get("award") for line in printed] == [50 * WAN, None, 50 * WAN]


def test_missing_facts_and_unknown_keys_are_no_fault() -> None:
    status, printed = run(b'\xef\xbb\xbf{"year": 2025}\r\n{"year": 2025, "colour": "red", "contracts": [{}]}')

    assert status == 0
    assert [line["award"] for line in printed] == [0, 0]
    assert printed[1]["provisional"]
    assert printed[1]["uscc"] is None


def test_a_lone_surrogate_is_printed_as_it_was_read() -> None:
    raw = lines({**GOOD, "contracts": [{"no": "\ud800"}]})

    _, printed = run(raw)

    assert printed[0]["contracts"][0]["no"] == "\ud800"


def test_without_a_version_the_claims_year_decides_and_with_one_it_does_not() -> None:
    claims = lines(*(claim("fuzhou", year=year) for year in (2023, 2024, 2025)))

    status, printed = run(claims, "fuzhou")
    explicit_status, explicit = run(claims, "fuzhou@2025")

    assert status == 1
    assert [line.get("version") for line in printed] == [None, "2024", "2025"]
    assert explicit_status == 0
    assert [line["version"] for line in explicit] == ["2025"] * 3


def test_a_rate_is_refused_only_for_the_lines_whose_version_has_more_than_one() -> None:
    claims = lines(*(claim("fuzhou", contract("fuzhou", trade_amount=WAN), year=y) for y in (2024, 2025)))

    status, printed = run(claims, "fuzhou", "rate_basis_points=500")

    assert status == 1
    assert "error" in printed[0]
    assert printed[1]["award"] == WAN // 20


@pytest.mark.parametrize(
    ("programme", "terms"),
    [
        ("nanning", []),
        ("nanning", ["rate_basis_points=10001"]),
        ("guangxi", ["rate_basis_points=5001"]),
        ("guangxi", ["rate_basis_points=-1"]),
        ("guangxi", ["rate_basis_points=5e3"]),
        ("guangxi", ["rate_basis_points"]),
        ("guangxi", ["cap=5"]),
        ("suzhou", ["rate_basis_points=1000"]),
        ("chongzuo", ["rate_basis_points=1000"]),
        ("ningbo-buyer", ["rate_basis_points=500"]),
        ("fujian-registry", ["rate_basis_points=5"]),
        ("fuzhou@2024", ["rate_basis_points=500"]),
        ("nanning-voucher", ["rate_basis_points=500"]),
        ("guangxi@2020", []),
        ("atlantis", []),
    ],
)
def test_a_call_that_a_set_does_not_take_is_refused_whole(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], programme: str, terms: list[str]
) -> None:
    facts = tmp_path / "facts.jsonl"
    facts.write_bytes(lines(GOOD))

    status = main(["--programme", programme, *(f"--term={term}" for term in terms), str(facts)])

    printed = capsysbinary.readouterr()
    assert status == 2
    assert printed.out == b""
    assert printed.err


def test_the_command_prints_to_standard_output(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    facts = tmp_path / "facts.jsonl"
    facts.write_bytes(lines(claim("nanning", contract("nanning", trade_amount=50 * WAN, paid=50 * WAN))))

    status = main(["--programme", "nanning@2025", "--term", "rate_basis_points=2000", str(facts)])

    assert status == 0
    assert json.loads(capsysbinary.readouterr().out)["award"] == 10 * WAN


def test_a_file_that_is_not_there_is_told(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["--programme", "guangxi", "no-such-file.jsonl"]) == 2
    assert b"no-such-file" in capsysbinary.readouterr().err
