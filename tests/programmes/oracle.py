"""A second reading of the rule texts: plain fractions, one function a programme, nothing of the engine's.

It takes a claim as parsed JSON and answers with the award, whether it is provisional, and for each contract
whether it is eligible, its base and its award. `Unsure` collects whatever was not known.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

Json = dict[str, Any]
YI, WAN = 10_000_000_000, 1_000_000
APPLICANTS = {
    "E": "enterprise",
    "U": "university",
    "I": "institute",
    "F": "farmers_coop",
    "R": "registry",
    "A": "agency",
}


class Sheet:
    """One contract on paper: what is open, what failed, its base and what it earns."""

    def __init__(self, contract: Json, claim: Json) -> None:
        self.c, self.claim = contract, claim
        self.open = self.bad = False
        self.base = 0
        self.exact = Fraction(0)
        self.award = 0
        self.general = True

    def need(self, holds: bool | None) -> bool:
        """Note a gate; unknown counts as held."""
        if holds is None:
            self.open = True
        elif not holds:
            self.bad = True
        return holds is not False

    def case(self, holds: bool | None) -> bool:
        """Choose by a selector; unknown counts as held and fails nothing."""
        if holds is None:
            self.open = True
        return holds is not False

    def amount(self, value: int | None) -> int:
        """Take an amount into a sum; unknown is zero."""
        if value is None:
            self.open = True
            return 0
        return value

    def get(self, *path: str) -> Any:
        node: Any = self.c
        for key in path:
            node = (node or {}).get(key)
        return node

    def year_of(self, key: str) -> int | None:
        day = self.get(key)
        return None if day is None else int(day[:4])

    def sales(self, year: int | None = None) -> int | None:
        value: int | None = (self.get("new_sales") or {}).get(str(year or self.claim["year"]))
        return value


def starts(value: str | None, prefix: str) -> bool | None:
    return None if value is None else value[: len(prefix)] == prefix


def negated(value: bool | None) -> bool | None:
    return None if value is None else not value


def one_of(value: object, *members: object) -> bool | None:
    return None if value is None else value in members


def received(sheet: Sheet, *, until: bool = False) -> tuple[int, bool]:
    """What arrived in the year (or until its end), and whether something about it is not known."""
    rows, year, total, dark = sheet.get("receipts"), sheet.claim["year"], 0, False
    if rows is None:
        return 0, True
    for row in rows:
        day, amount = row.get("on"), row.get("amount")
        inside = day is None or (int(day[:4]) <= year if until else int(day[:4]) == year)
        if inside:
            dark = dark or day is None or amount is None
            total += amount or 0
    return total, dark


def half_up(x: Fraction) -> int:
    return (x + Fraction(1, 2)).__floor__()


def number(no: str | None) -> tuple[int, int, str]:
    if no is None:
        return 2, 0, ""
    return (0, int(no), "") if no.isdigit() else (1, 0, no)


def by_remainder(total: int, weights: list[Fraction], numbers: list[Any]) -> list[int]:
    whole = sum(weights, Fraction(0))
    if whole == 0:
        return [0 for _ in weights]
    exact = [total * w / whole for w in weights]
    given = [x.__floor__() for x in exact]
    ranking = sorted(range(len(exact)), key=lambda i: (given[i] - exact[i], numbers[i]))
    for i in ranking[: total - sum(given)]:
        given[i] += 1
    return given


def hold(room: int, sheets: list[Sheet]) -> None:
    """Keep the sheets together under a cap."""
    room = max(room, 0)
    if sum((s.exact for s in sheets), Fraction(0)) > room or sum(half_up(s.exact) for s in sheets) > room:
        numbers = [number(s.get("no")) for s in sheets]
        parts = by_remainder(room, [s.exact for s in sheets], numbers)
        for s, part in zip(sheets, parts, strict=True):
            s.exact = Fraction(part)


class Reading:
    """One claim being read under one programme."""

    def __init__(self, claim: Json, rate: int | None) -> None:
        self.claim, self.given = claim, rate
        self.who: Json = claim.get("applicant") or {}
        self.open = self.bad = self.assumed = False
        self.sheets = [Sheet(c, claim) for c in claim.get("contracts") or []]
        self.total: int | None = None

    def need(self, holds: bool | None) -> None:
        self.open = self.open or holds is None
        self.bad = self.bad or holds is False

    def applicant(self, role: str, region: str, kinds: str = "E") -> None:
        """Judge who applies; a kind that is not told counts as the first one named, and opens nothing."""
        self.need(one_of(self.who.get("role"), role))
        told = self.who.get("kind")
        self.assumed = told is None
        self.need((told or APPLICANTS[kinds[0]]) in [APPLICANTS[letter] for letter in kinds])
        if region:
            self.need(starts(self.who.get("region"), region))

    def amount(self, key: str) -> int:
        value: int | None = self.claim.get(key)
        self.open = self.open or value is None
        return value or 0

    def common(self, role: str, kinds: str) -> None:
        names = {
            "D": "development",
            "T": "assignment",
            "L": "licence",
            "C": "consulting",
            "S": "service",
            "E": "equity",
        }
        for s in self.sheets:
            s.need(one_of(s.get("kind"), *(names[k] for k in kinds)))
            s.need(negated(s.get("subsidised_before")))
            mine, theirs = self.who.get("uscc"), s.get(role, "uscc")
            s.need(None if mine is None or theirs is None else mine == theirs)

    def rate(self, basis_points: int) -> Fraction:
        return Fraction(basis_points if self.given is None else self.given, 10_000)

    def passed(self) -> list[Sheet]:
        return [s for s in self.sheets if not s.bad]

    def yearly(self, cap: int, sheets: list[Sheet]) -> None:
        hold(cap - self.amount("granted_this_year"), sheets)

    def outcomes(self, cap: int) -> None:
        groups: dict[Any, list[Sheet]] = {}
        for place, s in enumerate(self.passed()):
            outcome = s.get("outcome")
            s.amount(s.get("granted_for_outcome"))
            if outcome is None:
                s.open = True
            groups.setdefault((place,) if outcome is None else outcome, []).append(s)
        for members in groups.values():
            hold(cap - max(s.get("granted_for_outcome") or 0 for s in members), members)

    def receipts_base(self, *, equity: bool = False) -> None:
        for s in self.sheets:
            if equity and s.get("kind") == "equity":
                s.base = s.amount(s.get("paid_in_equity"))
            else:
                s.base, dark = received(s)
                s.open = s.open or dark

    def trade_base(self) -> None:
        for s in self.sheets:
            s.base = s.amount(s.get("trade_amount"))


def guangxi(r: Reading) -> None:
    r.applicant("buyer", "45")
    r.common("buyer", "DTLE")
    for s in r.sheets:
        equity = s.get("kind") == "equity"
        s.base = s.amount(s.get("paid_in_equity" if equity else "trade_amount"))
        sold = s.sales()
        s.need(None if sold is None else sold > 0)
    for s in r.passed():
        s.exact = s.base * r.rate(5000)


def nanning(r: Reading) -> None:
    r.applicant("buyer", "4501")
    founded = r.who.get("established_on")
    r.need(None if founded is None else founded <= f"{r.claim['year'] - 1:04d}-12-31")
    r.common("buyer", "DT")
    for s in r.sheets:
        trade, sold, signed = s.get("trade_amount"), s.sales(), s.get("signed_on")
        paid, dark = received(s, until=True)
        s.base = min(paid, s.amount(trade))
        s.open = s.open or dark
        s.need(None if trade is None else trade >= 30 * WAN)
        s.need(None if trade is None or dark else s.base >= 30 * WAN)
        s.need(None if sold is None else sold >= 100 * WAN)
        s.need(None if trade is None or sold is None else trade <= sold)
        if signed is None:
            s.need(None)
        elif signed < "2020-01-01":
            s.need(False)
        elif signed < "2022-01-01":
            s.need(one_of(s.get("field"), "biomedicine"))
        s.need(negated(s.get("related")))
        s.need(negated(s.get("publicly_funded")))
    for s in r.passed():
        s.exact = s.base * r.rate(0)


def chongzuo(r: Reading) -> None:
    r.applicant("buyer", "4514")
    r.common("buyer", "DT")
    r.trade_base()
    for s in r.sheets:
        trade = s.get("trade_amount")
        s.need(None if trade is None else 10 * WAN <= trade <= 50 * WAN)
    for s in r.passed():
        s.exact = Fraction(3 * WAN if s.base >= 10 * WAN else 0)


def ningxia_buyer(r: Reading) -> None:
    r.applicant("buyer", "64")
    r.common("buyer", "TLE")
    r.receipts_base(equity=True)
    for s in r.sheets:
        s.need(not_the_second(s, r.sheets))
    for s in r.passed():
        s.exact = s.base * r.rate(3000)
    r.yearly(500 * WAN, r.passed())


def not_the_second(s: Sheet, sheets: list[Sheet]) -> bool | None:
    answer: bool | None = True
    for t in sheets:
        if t is s:
            continue
        pairs = [
            (s.get(*path), t.get(*path)) for path in (("outcome",), ("seller", "uscc"), ("buyer", "uscc"))
        ]
        kinds = [s.get("kind"), t.get("kind")]
        if any(k not in (None, "licence") for k in kinds):
            continue
        if any(a is not None and b is not None and a != b for a, b in pairs):
            continue
        mine, theirs = s.get("registered_on"), t.get("registered_on")
        dark = None in kinds or any(a is None or b is None for a, b in pairs)
        if mine is None or theirs is None:
            answer = None
        elif (theirs, number(t.get("no"))) < (mine, number(s.get("no"))):
            if not dark:
                return False
            answer = None
    return answer


def ningxia_seller(r: Reading) -> None:
    r.applicant("seller", "64", "EUI")
    r.common("seller", "TLE")
    r.receipts_base(equity=True)
    for s in r.sheets:
        s.need(starts(s.get("buyer", "region"), "64"))
    for s in r.passed():
        s.exact = s.base * r.rate(500)
    kind = r.who.get("kind")
    if kind is None:
        r.open = True
    if kind in ("university", "institute"):
        r.outcomes(100 * WAN)
    else:
        r.yearly(100 * WAN, r.passed())


def henan(r: Reading, role: str) -> None:
    r.applicant(role, "41", "UI" if role == "seller" else "E")
    r.common(role, "DTL")
    r.receipts_base()
    for s in r.sheets:
        if role == "buyer":
            s.need(negated(starts(s.get("seller", "region"), "41")))
        s.need(starts(s.get("used_in"), "41"))
        s.need(one_of(s.year_of("registered_on"), r.claim["year"], r.claim["year"] - 1))
    for s in r.passed():
        s.exact = s.base * r.rate(1000)
    r.yearly(100 * WAN, r.passed())


def luan(r: Reading) -> None:
    r.applicant("buyer", "3415")
    r.common("buyer", "DTL")
    for s in r.sheets:
        s.base, dark = received(s)
        s.need(None if dark else s.base >= 10 * WAN)
        region, signed = s.get("seller", "region"), s.year_of("signed_on")
        s.need(None if region is None else region.startswith("34") and not region.startswith("3415"))
        s.need(None if signed is None else signed <= r.claim["year"])
    for s in r.passed():
        s.exact = s.base * r.rate(1000)
    r.yearly(100 * WAN, r.passed())


def hefei(r: Reading) -> None:
    r.applicant("buyer", "3401")
    r.common("buyer", "DTL")
    r.receipts_base()
    for s in r.sheets:
        s.need(one_of(s.get("seller", "kind"), "university", "institute"))
        s.need(starts(s.get("seller", "region"), "3401"))
        s.need(starts(s.get("used_in"), "3401"))
    groups: dict[Any, list[Sheet]] = {}
    for place, s in enumerate(r.passed()):
        s.open = s.open or s.get("outcome") is None
        groups.setdefault(s.get("outcome") or (place,), []).append(s)
    heads = []
    for members in groups.values():
        members.sort(key=lambda s: number(s.get("no")))
        paid = sum(s.base for s in members)
        dark = any(received(s)[1] for s in members)
        for s in members:
            s.need(True if paid >= 100 * WAN else None if dark else False)
        if members[0].bad:
            continue
        head = Sheet({"no": members[0].get("no")}, r.claim)
        left = 150 * WAN - max(s.get("granted_for_outcome") or 0 for s in members)
        head.exact = max(Fraction(0), min(paid * r.rate(1500), Fraction(left)))
        for s in members:
            s.amount(s.get("granted_for_outcome"))
        heads.append((head, members))
    r.yearly(150 * WAN, [head for head, _ in heads])
    for head, members in heads:
        spread(half_up(head.exact), members)


def spread(award: int, members: list[Sheet]) -> None:
    numbers = [number(s.get("no")) for s in members]
    for s, part in zip(
        members, by_remainder(award, [Fraction(s.base) for s in members], numbers), strict=True
    ):
        s.exact = Fraction(part)


def ningbo_buyer(r: Reading) -> None:
    r.applicant("buyer", "3302")
    r.common("buyer", "DTL")
    r.trade_base()
    for s in r.sheets:
        s.need(starts(s.get("used_in"), "3302"))
    for s in r.passed():
        if s.case(starts(s.get("seller", "region"), "3302")):
            s.exact = min(Fraction(s.base, 10), Fraction(400 * WAN))
        else:
            s.exact = min(Fraction(s.base, 20), Fraction(200 * WAN))
        if s.case(one_of(s.get("mode"), "auction")):
            s.exact += min(Fraction(s.base, 20), Fraction(100 * WAN))


def ningbo_seller(r: Reading) -> None:
    r.applicant("seller", "3302", "EUIFAR")
    r.common("seller", "DTL")
    r.trade_base()
    for s in r.passed():
        if s.case(starts(s.get("used_in"), "3302")):
            s.exact = min(Fraction(s.base, 20), Fraction(200 * WAN))
        elif s.case(starts(s.get("used_in"), "33")):
            s.exact = min(Fraction(s.base * 15, 1000), Fraction(60 * WAN))


def ningbo_broker(r: Reading) -> None:
    r.applicant("broker", "", "AEUIFR")
    volume = r.amount("brokered_total")
    low = min(volume, 1000 * WAN)
    r.total = half_up(min(Fraction(low * 15, 1000) + Fraction(volume - low, 100), Fraction(30 * WAN)))


def qianwan(r: Reading) -> None:
    r.applicant("buyer", "330282")
    r.need(r.who.get("manufacturer"))
    r.common("buyer", "DTL")
    r.receipts_base()
    for s in r.sheets:
        sold = s.sales()
        s.need(None if sold is None else sold > 0)
    for s in r.passed():
        s.exact = s.base * r.rate(2000)
    r.yearly(50 * WAN, r.passed())


def suzhou(r: Reading) -> None:
    r.applicant("buyer", "3205")
    r.common("buyer", "DTL")
    r.trade_base()
    for s in r.sheets:
        s.need(one_of(s.year_of("registered_on"), r.claim["year"]))
    for s in r.passed():
        trade, grade = s.get("trade_amount"), s.get("grade")
        big = None if trade is None else trade > 500 * WAN
        if grade == "general" or big is False:
            s.exact = Fraction(s.base, 10)
        else:
            s.open = s.open or grade is None or big is None
            s.general = False
            s.exact = min(Fraction(s.base, 4), Fraction(500 * WAN))
    r.yearly(50 * WAN, [s for s in r.passed() if s.general])


def fuzhou_2024(r: Reading) -> None:
    r.applicant("buyer", "3501")
    r.common("buyer", "DTL")
    r.trade_base()
    for s in r.sheets:
        s.need(one_of(s.get("seller", "kind"), "university", "institute"))
        s.need(starts(s.get("used_in"), "3501"))
    for s in r.passed():
        local = s.case(starts(s.get("seller", "region"), "3501"))
        s.exact = Fraction(s.base * (10 if local else 6), 100)
    r.yearly(200 * WAN, r.passed())


def fuzhou_2025(r: Reading) -> None:
    r.applicant("buyer", "3501")
    r.common("buyer", "T")
    r.trade_base()
    for s in r.sheets:
        s.need(starts(s.get("used_in"), "3501"))
        s.need(s.get("flags", "witnessed"))
    for s in r.passed():
        s.exact = s.base * r.rate(1000)
    r.yearly(200 * WAN, r.passed())


def hubei(r: Reading) -> None:
    r.applicant("buyer", "42")
    tech, small = r.who.get("high_tech"), (r.who.get("flags") or {}).get("sme")
    r.need(True if tech or small else None if None in (tech, small) else False)
    r.common("buyer", "DT")
    for s in r.sheets:
        registered = s.year_of("registered_on")
        first = (r.claim["year"] - 2 if registered is None else registered) + 1
        s.base = s.amount(s.sales(first)) + s.amount(s.sales(first + 1))
        s.need(starts(s.get("seller", "region"), "42"))
        s.need(None if registered is None else r.claim["year"] == registered + 2)
    for s in r.passed():
        s.exact = s.base * r.rate(200)
    r.outcomes(500 * WAN)


def shenzhen(r: Reading) -> None:
    r.applicant("seller", "4403", "EUIFAR")
    payable, paid = r.amount("vat_payable"), r.amount("vat_paid")
    r.total = half_up(min(payable * r.rate(8000), Fraction(paid), Fraction(200 * WAN)))


def xianju(r: Reading) -> None:
    r.applicant("buyer", "331024")
    r.common("buyer", "D")
    r.receipts_base()
    for s in r.sheets:
        s.need(one_of(s.get("seller", "kind"), "university"))
    for s in r.passed():
        s.exact = s.base * r.rate(3000)
    r.yearly(30 * WAN, r.passed())


def fujian_registry(r: Reading) -> None:
    r.applicant("registry", "35", "RAEUIF")
    total = r.claim.get("registered_total")
    r.need(None if total is None else total >= 2 * YI)
    r.total = half_up(min(5 * WAN + Fraction(5 * max(0, (total or 0) - 2 * YI), 10_000), Fraction(30 * WAN)))


def fujian_agency(r: Reading) -> None:
    r.applicant("agency", "35", "AEUIFR")
    r.total = half_up(min(r.amount("brokered_total") * r.rate(200), Fraction(50 * WAN)))


def nanning_voucher(r: Reading) -> None:
    r.applicant("buyer", "4501")
    r.common("buyer", "S")
    r.receipts_base()
    spent = sum(s.base for s in r.passed())
    earned, low = Fraction(0), 0
    for high, percent in ((10, 50), (30, 40), (50, 30), (100, 20)):
        earned += Fraction(max(0, min(spent, high * WAN) - low) * percent, 100)
        low = high * WAN
    left = max(0, 20 * WAN - r.amount("granted_this_year"))
    spread(half_up(min(earned, Fraction(left))), r.passed())


def guangxi_challenge(r: Reading) -> None:
    r.applicant("seller", "", "EUIF")
    r.common("seller", "DTLS")
    for s in r.sheets:
        s.base = s.amount(s.get("contract_amount"))
        s.need(s.get("public_challenge"))
        s.need(starts(s.get("buyer", "region"), "45"))
    for s in r.passed():
        promised = s.amount(s.get("public_support"))
        s.exact = min(s.base * r.rate(3000), Fraction(100 * WAN), Fraction(promised))


PROGRAMMES: dict[str, Callable[[Reading], None]] = {
    "guangxi@2019": guangxi,
    "nanning@2025": nanning,
    "chongzuo@2018": chongzuo,
    "ningxia-buyer@2023": ningxia_buyer,
    "ningxia-seller@2023": ningxia_seller,
    "henan-buyer@2020": lambda r: henan(r, "buyer"),
    "henan-seller@2020": lambda r: henan(r, "seller"),
    "luan@2020": luan,
    "hefei@2022": hefei,
    "ningbo-buyer@2014": ningbo_buyer,
    "ningbo-seller@2014": ningbo_seller,
    "ningbo-broker@2014": ningbo_broker,
    "qianwan@2022": qianwan,
    "suzhou@2021": suzhou,
    "fuzhou@2024": fuzhou_2024,
    "fuzhou@2025": fuzhou_2025,
    "hubei@2020": hubei,
    "shenzhen@2020": shenzhen,
    "xianju@2020": xianju,
    "fujian-registry@2019": fujian_registry,
    "fujian-agency@2019": fujian_agency,
    "nanning-voucher@2020": nanning_voucher,
    "guangxi-challenge@2026": guangxi_challenge,
}


def answer(name: str, claim: Json, rate: int | None = None) -> Json:
    """Read the claim under `programme@version`, in the shape the tests compare."""
    r = Reading(claim, rate)
    PROGRAMMES[name](r)
    if r.total is not None:
        award = 0 if r.bad else r.total
        return {
            "award": award,
            "provisional": r.open,
            "failed": r.bad,
            "assumed": r.assumed,
            "contracts": [],
        }
    for s in r.sheets:
        s.award = 0 if r.bad or s.bad else half_up(s.exact)
    return {
        "award": sum(s.award for s in r.sheets),
        "provisional": r.open or any(s.open for s in r.sheets),
        "failed": r.bad,
        "assumed": r.assumed,
        "contracts": [
            {"no": s.get("no"), "eligible": not s.bad, "base": s.base, "award": s.award} for s in r.sheets
        ],
    }
