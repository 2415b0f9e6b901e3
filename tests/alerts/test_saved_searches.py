"""Saved searches: kept by a person, told of at once or daily, ended by one press."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from market.accounts import personal_data
from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Message
from market.alerts import saved_searches
from market.alerts.models import SavedSearch
from market.alerts.states import Frequency
from market.deps import Deps
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.jobs import run_pending
from market.kit.mail import SmtpMailer
from market.kit.models import OutgoingMail
from market.kit.room import rooms
from market.records.by import By
from market.search import outbox
from tests.factories import NOW, make_member, make_organisation, make_outcome
from tests.fakes import FixedClock
from tests.pages.search_index import UnavailableSearch, index_listings
from tests.visitor import post, sign_in

SECRET = "a secret that is long enough for tests"
LATER = NOW + timedelta(days=1)


async def make_person() -> Actor:
    return await make_member(await make_organisation(), MemberRole.AGENT)


async def kept(person: Actor, query: str = "q=赤泥", frequency: str = "daily") -> SavedSearch:
    return (await saved_searches.save("outcomes", query, frequency, by=By(person, NOW)))[0]


async def publish(deps: Deps, title: str = "赤泥路基") -> None:
    await index_listings(deps, await make_outcome(title=title, published_at=LATER))


async def test_a_search_saved_twice_is_one_and_keeps_only_what_it_asks() -> None:
    person = await make_person()

    first, is_new = await saved_searches.save(
        "outcomes", "sort=price&q=赤泥&field=materials&evil=1&size=50", "daily", by=By(person, NOW)
    )
    second, is_again = await saved_searches.save(
        "outcomes", "field=materials&q=%20赤泥", "immediate", by=By(person, NOW)
    )

    assert (is_new, is_again, first.id) == (True, False, second.id)
    assert second.frequency is Frequency.IMMEDIATE
    assert "赤泥" in first.words
    assert "新材料" in first.words
    assert "sort" not in first.query


@pytest.mark.parametrize(
    ("scope", "frequency"), [("policies", "daily"), ("evil", "daily"), ("needs", "evil")]
)
async def test_what_cannot_be_saved_is_refused(scope: str, frequency: str) -> None:
    with pytest.raises(Invalid):
        await saved_searches.save(scope, "q=x", frequency, by=By(await make_person(), NOW))


async def test_nobody_keeps_more_searches_than_one_can_read() -> None:
    person = await make_person()
    await SavedSearch.bulk_create(
        SavedSearch(
            id=uuid4(),
            user_id=person.user_id,
            scope="outcomes",
            words="",
            query=f"q={n}",
            created_at=NOW,
            since_at=NOW,
        )
        for n in range(saved_searches.MAX_SEARCHES)
    )

    with pytest.raises(Conflict):
        await kept(person)


async def test_the_daily_alert_tells_of_new_records_once_in_the_morning(deps: Deps) -> None:
    person = await make_person()
    saved = await kept(person)
    await index_listings(deps, await make_outcome(title="赤泥旧作", published_at=NOW - timedelta(days=9)))
    await publish(deps)
    await publish(deps, title="甘蔗切割")

    night = LATER - timedelta(hours=3)
    assert await saved_searches.run_due(night, search=deps.search, secret=SECRET) == 0
    assert await saved_searches.run_due(LATER, search=deps.search, secret=SECRET) == 1
    assert await saved_searches.run_due(LATER + timedelta(days=1), search=deps.search, secret=SECRET) == 0

    message = await Message.get(user_id=person.user_id)
    mail = await OutgoingMail.get(recipient=person.email)
    assert "1 条新结果：赤泥路基" in message.text
    assert message.address == f"/outcomes?{saved.query}"
    assert "赤泥路基" in mail.text
    assert "赤泥旧作" not in mail.text
    assert mail.unsubscribe == saved_searches.unsubscribe_address(saved.id, SECRET)


async def test_a_record_that_two_searches_find_is_told_once(deps: Deps) -> None:
    person = await make_person()
    await kept(person)
    await kept(person, "q=路基")
    await publish(deps)

    await saved_searches.run_due(LATER, search=deps.search, secret=SECRET)

    assert await Message.filter(user_id=person.user_id).count() == 1


async def test_an_immediate_alert_follows_the_relay(deps: Deps) -> None:
    person = await make_person()
    await kept(person, frequency="immediate")
    outcome = await make_outcome(title="赤泥路基", published_at=LATER)
    await outbox.enqueue("outcomes", outcome.id)
    assert isinstance(deps.clock, FixedClock)
    deps.clock.now = LATER

    await run_pending(deps)

    assert "赤泥路基" in (await Message.get(user_id=person.user_id)).text
    assert any(mail.unsubscribe.startswith("http://market.test/alerts/") for mail in deps.mailer.sent)  # type: ignore[attr-defined]


async def test_while_the_engine_is_away_the_daily_alert_waits(deps: Deps) -> None:
    person = await make_person()
    await kept(person)
    await publish(deps)

    assert await saved_searches.run_due(LATER, search=UnavailableSearch(), secret=SECRET) == 0  # type: ignore[arg-type]
    assert await saved_searches.run_due(LATER, search=deps.search, secret=SECRET) == 1


async def test_the_mail_is_ended_by_one_press_without_signing_in(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    person = await make_person()
    saved = await kept(person)
    address = saved_searches.unsubscribe_address(saved.id, SECRET)

    looked = await client.get(address)
    assert looked.status_code == 200
    assert (await SavedSearch.get(id=saved.id)).frequency is Frequency.DAILY

    one_click = await client.post(address, data={"List-Unsubscribe": "One-Click"})
    again = await client.post(address, data={"List-Unsubscribe": "One-Click"})
    await publish(deps)

    assert (one_click.status_code, again.status_code) == (200, 200)
    assert "已退订" in one_click.text
    assert await saved_searches.run_due(LATER, search=deps.search, secret=SECRET) == 0


@pytest.mark.parametrize("search", ["", "x", "00000000-0000-0000-0000-000000000000"])
async def test_a_link_that_is_not_ours_ends_nothing(client: httpx.AsyncClient, search: str) -> None:
    for token in ("", "é" * 40, "0" * 32):
        answer = await client.post("/alerts/unsubscribe", params={"search": search, "token": token})
        assert answer.status_code == 404


async def test_a_person_manages_only_their_own_searches(client: httpx.AsyncClient) -> None:
    person, stranger = await make_person(), await make_person()
    saved = await kept(person)

    await sign_in(client, stranger)
    refused = await post(client, f"/my/searches/{saved.id}", {"frequency": "off"})
    removed = await post(client, f"/my/searches/{saved.id}/remove")
    await sign_in(client, person)
    page = await post(client, f"/my/searches/{saved.id}", {"frequency": "immediate"})

    assert (refused.status_code, removed.status_code) == (404, 404)
    assert "赤泥" in page.text
    assert (await SavedSearch.get(id=saved.id)).frequency is Frequency.IMMEDIATE
    with pytest.raises(NotFound):
        await saved_searches.remove(saved.id, actor=stranger)

    assert "还没有保存的搜索" in (await post(client, f"/my/searches/{saved.id}/remove")).text


async def test_guests_are_sent_to_sign_in_and_forms_need_their_token(client: httpx.AsyncClient) -> None:
    assert (await client.get("/my/searches")).status_code == 303
    assert (await client.post("/my/searches", data={"scope": "outcomes"})).status_code == 403
    await sign_in(client, await make_person())
    saved = await post(client, "/my/searches", {"scope": "needs", "query": "q=铝", "frequency": "daily"})
    assert "已保存" in saved.text


async def test_readers_programs_get_the_headers_of_one_click_unsubscribe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[object] = []

    class Server:
        def __init__(self, *args: object, **more: object) -> None: ...
        def __enter__(self) -> Server:
            return self

        def __exit__(self, *error: object) -> None: ...
        def ehlo(self) -> None: ...
        def has_extn(self, name: str) -> bool:
            return False

        def send_message(self, message: object) -> None:
            sent.append(message)

    monkeypatch.setattr("smtplib.SMTP", Server)
    mail = OutgoingMail(
        recipient="a@b.cn", subject="s", text="t", unsubscribe="https://x.cn/alerts/unsubscribe?a=b"
    )

    await SmtpMailer("smtp://localhost", "m@x.cn").send(mail)

    message: dict[str, str] = sent[0]  # type: ignore[assignment]
    assert message["List-Unsubscribe"] == "<https://x.cn/alerts/unsubscribe?a=b>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_saved_searches_are_among_a_persons_own_data_and_go_with_the_person() -> None:
    person = await make_person()
    saved = await kept(person)

    told = await personal_data.export_data(person)
    for data in rooms().personal_data:
        await data.erase(person.user_id, By.job(NOW))

    assert [each["query"] for each in told["saved_searches"]] == [saved.query]
    assert not await SavedSearch.exists()
