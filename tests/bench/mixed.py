"""64 people at once for ten minutes: guests, enterprises, universities, brokers and the desk.

Everybody looks at a page, pauses for 0.3 to 2 seconds and goes on; one in eight steps of parties writes: a
message, an offer, a remittance or a claim. The generator runs on the same cores at lower priority.
`MINUTES=…` for a shorter run, `PEOPLE=…` for another number.

Prints requests a second, p50, p95 and p99 of all and of each kind, the answers of each act, 5xx, and the
gate's own 503 apart. Exits 1 if a kind of act was never done, or refused as wrongly typed time and again:
then it measured nothing.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import httpx

from tests.bench.markets import SMALL, copy_market, make_market
from tests.bench.servers import Server, database_seconds, free_port, serve_market
from tests.bench.signing_in import sign_in
from tests.browser_forms import ShownForm, shown_forms

MINUTES, PEOPLE = float(os.environ.get("MINUTES") or 10), int(os.environ.get("PEOPLE") or 64)
PAUSE = (0.3, 2.0)
"""Seconds between an answer and the next request of a person, evenly distributed."""
ACTS = 1 / 8
"""Part of the steps of a signed-in person that write."""
ACTS_DONE = frozenset({"message", "offer", "remittance", "claim"})
MOST_REFUSED = 0.1
"""Part of the submissions of an act that may be refused as wrongly typed; of more the bench is at fault."""
NICENESS = 5
WARM_UP = 10.0
"""Seconds at the beginning that are not counted."""
MIX = ("guest", "enterprise", "guest", "university", "enterprise", "broker", "guest", "finance")
LOGINS = {
    "enterprise": (
        *("enterprise", "zhao.mengsheng", "qin.ye", "yang.shugen", "li.chasheng", "luo.ziang"),
        *("nong.zhijian", "su.yu", "chen.qiming", "ning.siyuan", "tan.jianguo", "shi.tian"),
    ),
    "university": ("university", "yang.chunhui", "cen.yuping", "feng.haibo", "lu.guisheng"),
    "broker": ("broker", "broker2", "broker3"),
    "finance": ("finance", "finance2", "officer2"),
}
"""Demo people of each part."""
WORDS = ("铝合金", "电池", "甘蔗 切割", "传感器", "算法", "研究", "膜分离", "水质", "无线", "玉米")
PAGES = {
    "guest": (
        "/",
        "/outcomes",
        "/needs",
        "/outcomes?q={word}",
        "{outcome}",
        "{need}",
        "/notices",
        "/brokers",
    ),
    "enterprise": (
        "/dashboard",
        "/outcomes?q={word}",
        "{outcome}",
        "/matches",
        "/deals",
        "{deal}",
        "/my/needs",
    ),
    "university": ("/dashboard", "/my/outcomes", "/matches", "/deals", "{deal}", "/needs", "{need}"),
    "broker": ("/dashboard", "/matches", "/needs", "{need}", "{outcome}", "/deals"),
    "finance": ("/dashboard", "/desk", "{claim}", "/desk/budgets", "/outcomes?q={word}"),
}
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
OVERLOADED = "此刻访问的人太多"
"""What the page of the gate says."""


@dataclass
class Answers:
    """What was answered: seconds of each request by kind, statuses by kind."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


@dataclass
class Person:
    """Somebody at a browser."""

    part: str
    client: httpx.AsyncClient
    answers: Answers
    chance: random.Random
    known: dict[str, list[str]]
    """Addresses by the word in braces that stands for them."""
    since: float = 0.0

    async def ask(self, kind: str, method: str, address: str, **given: object) -> httpx.Response:
        """Send a request and note how long the answer took."""
        started = time.perf_counter()
        answer = await self.client.request(method, address, **given)  # type: ignore[arg-type]  # as httpx takes them
        if started >= self.since:
            self.answers.seconds[kind].append(time.perf_counter() - started)
            is_gate = answer.status_code == 503 and OVERLOADED in answer.text
            self.answers.statuses[kind]["gate" if is_gate else str(answer.status_code)] += 1
        return answer

    async def pause(self) -> None:
        await asyncio.sleep(self.chance.uniform(*PAUSE))

    async def live(self, until: float) -> None:
        """Look and act until the end."""
        await asyncio.sleep(self.chance.uniform(0, PAUSE[1]))
        acts: Sequence[Callable[[], Awaitable[None]]] = {
            "enterprise": (self.write, self.offer, self.remit, self.claim),
            "university": (self.write, self.offer),
        }.get(self.part, ())
        while time.perf_counter() < until:
            if acts and self.chance.random() < ACTS:
                await self.chance.choice(acts)()
            else:
                await self.look()
            await self.pause()

    async def look(self) -> None:
        pattern = self.chance.choice(PAGES[self.part])
        address = self._one(pattern.strip("{}")) or "/help" if pattern.startswith("{") else pattern
        await self.ask(pattern, "GET", address.replace("{word}", self.chance.choice(WORDS)))

    async def write(self) -> None:
        """Write a message in the room of one of the own deals."""
        deal = self._one("deal")
        if deal and (form := await self._form("a deal's room", deal, f"{deal}/messages")):
            text = f"请问样品何时可以寄出？{self.chance.randrange(10**6)}"
            await self._send("message", form, {"text": text})

    async def offer(self) -> None:
        """Make a counter-offer where one negotiates."""
        deal = self._one("open deal")
        if deal and (form := await self._form("an offer's form", f"{deal}/offer", "offer")):
            half = self.chance.randrange(25, 150)
            plan = {
                "plan-0-condition": "合同生效后十个工作日内",
                "plan-0-amount": f"{half}",
                "plan-1-condition": "技术资料交付并验收合格后",
                "plan-1-amount": f"{half}",
            }
            terms = {"kind": "licence", "payment_way": "instalments", "price": f"{2 * half}", "years": "5"}
            # The form shows the plan of the last offer, which may have more instalments.
            emptied = {name: "" for name, _value in form.pairs if name.startswith("plan-")}
            await self._send("offer", form, terms | emptied | plan)

    async def remit(self) -> None:
        """Tell of money that came for an instalment."""
        address = self._one("instalment")
        if address and (form := await self._form("a remittance's form", address, "remit")):
            typed = {
                "amount": "100.00",
                "received_on": f"{date.today():%Y-%m-%d}",  # noqa: DTZ011  # the day at the bank
                "bank_reference": f"B{self.chance.randrange(10**9)}",
            }
            await self._send("remittance", form, typed, file=True)

    async def claim(self) -> None:
        """Begin a claim with a contract that no other claim has, or see that there is none."""
        programme = self._one("programme")
        if programme and (form := await self._form("a claim's form", programme, "claims/new")):
            await self._send("claim", form, {})

    def _one(self, what: str) -> str:
        return self.chance.choice(self.known.get(what) or [""])

    async def _form(self, kind: str, address: str, action: str) -> ShownForm | None:
        answer = await self.ask(kind, "GET", address)
        await self.pause()
        forms = shown_forms(answer.text)
        wanted = [form for form in forms if form.action.rstrip("/").endswith(action)]
        wanted += [form for form in forms if not form.action and len(form.pairs) > 2]
        if not wanted:
            return None
        return ShownForm(wanted[0].action or address, wanted[0].pairs)

    async def _send(self, act: str, form: ShownForm, typed: Mapping[str, str], *, file: bool = False) -> None:
        values: dict[str, list[str]] = defaultdict(list)
        for name, value in form.pairs:
            values[name].append(value)
        data = {**values, **{name: [value] for name, value in typed.items()}}
        files = {"file": ("回单.pdf", PDF, "application/pdf")} if file else None
        await self.ask(act, "POST", form.action, data=data, files=files)


async def _learn(person: Person) -> None:
    """Find the addresses that a person goes to."""
    listing = (await person.client.get("/outcomes?size=100")).text
    person.known["outcome"] = re.findall(r'href="(/outcomes/CG-[^"/]+)"', listing)
    person.known["need"] = re.findall(r'href="(/needs/XQ-[^"/]+)"', (await person.client.get("/needs")).text)
    if person.part == "finance":
        desk = (await person.client.get("/desk")).text
        person.known["claim"] = re.findall(r'href="(/desk/[A-Z]+-[0-9-]+)"', desk)
    if person.part not in ("enterprise", "university"):
        return
    deals = list(
        dict.fromkeys(re.findall(r'"(/deals/JY-[0-9-]+)"', (await person.client.get("/deals")).text))
    )
    person.known["deal"] = deals
    for deal in deals:
        room = (await person.client.get(deal)).text
        if f"{deal}/offer" in room:
            person.known.setdefault("open deal", []).append(deal)
        for contract in dict.fromkeys(re.findall(r"/contracts/HT-[0-9-]+", room)):
            money = (await person.client.get(contract)).text
            person.known.setdefault("instalment", []).extend(
                dict.fromkeys(re.findall(r"/instalments/[0-9a-f-]{36}/remit", money))
            )
    if person.part == "enterprise":
        form = (await person.client.get("/claims/new")).text
        programmes = re.findall(r'<option[^>]* value="([a-z][a-z0-9-]+)"', form)
        for slug in dict.fromkeys(programmes):
            contracts = re.findall(
                r"HT-[0-9-]+", (await person.client.get(f"/claims/new?programme={slug}")).text
            )
            person.known.setdefault("programme", []).extend(
                f"/claims/new?programme={slug}&contracts={number}" for number in dict.fromkeys(contracts)
            )


async def _run(server: Server, folder: Path) -> Answers:
    answers, people = Answers(), []
    site = f"http://127.0.0.1:{server.port}"
    limits = httpx.Limits(max_connections=2)
    for number in range(PEOPLE):
        part = MIX[number % len(MIX)]
        names = LOGINS.get(part, ())
        headers = {"origin": site}
        if names:
            headers["cookie"] = sign_in(server.port, names[number // len(MIX) % len(names)])
        client = httpx.AsyncClient(base_url=site, headers=headers, timeout=120, limits=limits)
        people.append(Person(part, client, answers, random.Random(number), {}))
    for person in people:
        await _learn(person)
    started = time.perf_counter()
    for person in people:
        person.since = started + WARM_UP
    before = server.processor_seconds(), database_seconds(folder)
    await asyncio.gather(*(person.live(started + WARM_UP + MINUTES * 60) for person in people))
    seconds = time.perf_counter() - started
    after = server.processor_seconds(), database_seconds(folder)
    _tell(answers, seconds, [b - a for a, b in zip(before, after, strict=True)])
    for person in people:
        await person.client.aclose()
    return answers


def _tell(answers: Answers, seconds: float, processor: Sequence[float]) -> None:
    every = sorted(one for times in answers.seconds.values() for one in times)
    statuses = sum(answers.statuses.values(), Counter[str]())
    errors = sum(count for status, count in statuses.items() if status[0] == "5")
    say(
        f"{PEOPLE} people, {MINUTES:g} minutes: {len(every) / (seconds - WARM_UP):.1f} requests/s, "
        f"p50 {_at(every, 0.5)}, p95 {_at(every, 0.95)}, p99 {_at(every, 0.99)}, "
        f"5xx {errors}, the gate's own 503 {statuses['gate']}"
    )
    say(f"processor: site and worker {processor[0]:.0f} s, database {processor[1]:.0f} s of {seconds:.0f} s")
    for kind, times in sorted(answers.seconds.items(), key=lambda pair: -len(pair[1])):
        told = " ".join(f"{status}×{count}" for status, count in answers.statuses[kind].most_common())
        p50, p95 = statistics.median(times), _at(sorted(times), 0.95)
        say(f"  {kind:<24}{len(times):>7}   p50 {p50:.2f} s  p95 {p95}   {told}")


def _at(ordered: Sequence[float], part: float) -> str:
    return f"{ordered[min(int(len(ordered) * part), len(ordered) - 1)]:.2f} s" if ordered else "–"


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Run on a copy of the bench's market, since people write."""
    market = make_market(SMALL)
    folder = market.with_name("mixed")
    copy_market(market, folder)
    with serve_market(folder, free_port()) as server:
        os.nice(NICENESS)  # the server is at work already
        answers = asyncio.run(_run(server, folder))
    done = {kind for kind, statuses in answers.statuses.items() if statuses["303"]}
    if missing := ACTS_DONE - done:
        raise SystemExit(f"never done: {', '.join(sorted(missing))}")
    for act in sorted(ACTS_DONE - {"claim"}):  # sees at times that every contract has a claim
        statuses = answers.statuses[act]
        if statuses["422"] > MOST_REFUSED * statuses.total():
            raise SystemExit(f"{act}: {statuses['422']} of {statuses.total()} were refused as wrongly typed")


if __name__ == "__main__":
    main()
