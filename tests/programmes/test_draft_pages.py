"""The pages on which rules are drafted, used as people use them, without scripts."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import httpx

from market.programmes.models import ProgrammeTerms
from market.programmes.rule_files import find_terms, shipped
from market.programmes.states import TermsStatus
from tests.claims.factories import make_desk
from tests.programmes.factories import make_programmes, next_version
from tests.visitor import post, sign_in

NEXT = {"rule.version": "2030", "rule.valid_from": "2030-01-01"}


class FormReader(HTMLParser):
    """Reads what a browser would send of the page's rule form."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.select = self.textarea = ""
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "select":
            self.select = at.get("name", "")
            self.values.setdefault(self.select, [])
        elif tag == "option" and self.select and ("selected" in at or not self.values[self.select]):
            self.values[self.select] = [at.get("value", "")]
        elif tag == "textarea":
            self.textarea, self.text = at.get("name", ""), ""
        elif tag == "input" and (at.get("type") != "checkbox" or "checked" in at):
            self.values.setdefault(at.get("name", ""), []).append(at.get("value", ""))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            text = self.text.removeprefix("\n")
            self.values.setdefault(self.textarea, [text.replace("\n", "\r\n")])
        elif tag == "select":
            self.select = ""


async def open_desk(client: httpx.AsyncClient) -> None:
    """Sign the officer in where the shipped rules are loaded."""
    await make_programmes()
    await sign_in(client, (await make_desk()).officer)


def fields_of(page: httpx.Response) -> dict[str, list[str]]:
    reader = FormReader()
    reader.feed(page.text)
    names = [name for name in reader.values if name.startswith("rule.") or name == "base"]
    return {name: reader.values[name] for name in names}


async def test_saving_the_form_of_every_programme_as_it_is_shown_changes_nothing(
    client: httpx.AsyncClient,
) -> None:
    await open_desk(client)

    for slug in sorted({terms.programme for terms in shipped()}):
        page = await client.get(f"/desk/terms/{slug}/draft")
        saved = await post(client, f"/desk/terms/{slug}/draft", {**fields_of(page), **NEXT}, follow=False)
        assert saved.status_code == 303, slug

        draft = await ProgrammeTerms.get(programme__slug=slug, status=TermsStatus.DRAFT)
        newest = find_terms(slug)[-1].content
        assert draft.content == {**newest, "version": "2030", "valid_from": "2030-01-01"}, slug


async def test_a_fault_stands_at_its_field_and_the_typed_value_is_shown_again(
    client: httpx.AsyncClient,
) -> None:
    await open_desk(client)
    fields = {**fields_of(await client.get("/desk/terms/guangxi/draft")), **NEXT}

    answer = await post(client, "/desk/terms/guangxi/draft", {**fields, "rule.rates.0.rate.flat": "三成"})

    assert answer.status_code == 422
    assert 'href="#rule.rates.0.rate.flat"' in answer.text
    assert 'value="三成"' in answer.text
    assert not await ProgrammeTerms.exists(status=TermsStatus.DRAFT)


async def test_a_retroactive_version_is_told_and_needs_a_reason(client: httpx.AsyncClient) -> None:
    await open_desk(client)
    page = await client.get("/desk/terms/guangxi/draft")
    fields = {**fields_of(page), "rule.version": "2025", "rule.valid_from": "2025-01-01"}

    without = await post(client, "/desk/terms/guangxi/draft", fields)
    told = await post(
        client, "/desk/terms/guangxi/draft", {**fields, "retroactive_reason": "文件自 2025 年起施行"}
    )

    assert without.status_code == 422
    assert "追溯生效，请写明理由" in without.text
    assert "早于拟定日。理由：文件自 2025 年起施行" in told.text
    assert (await ProgrammeTerms.get(status=TermsStatus.DRAFT)).retroactive_reason == "文件自 2025 年起施行"


async def test_a_part_is_added_by_a_button_and_what_was_typed_before_stays(client: httpx.AsyncClient) -> None:
    await open_desk(client)
    fields = {**fields_of(await client.get("/desk/terms/guangxi/draft")), **NEXT, "rule.title": "新的名称"}
    before = json.loads(str(fields["base"][0]))

    more = await post(client, "/desk/terms/guangxi/draft", {**fields, "act": "add.rule.conditions"})
    again = fields_of(more)
    saved = await post(client, "/desk/terms/guangxi/draft", again, follow=False)

    draft = await ProgrammeTerms.get(status=TermsStatus.DRAFT)
    assert saved.status_code == 303
    assert draft.version == "2030"
    assert draft.content["title"] == "新的名称"
    assert len(list(draft.content["conditions"])) == len(before["conditions"]) + 1


async def test_a_form_whose_rules_were_tampered_with_is_refused(client: httpx.AsyncClient) -> None:
    await open_desk(client)

    assert (await client.get("/desk/terms/guangxi/draft?version=%00")).status_code == 200
    for base in ("", "[]", '{"programme": 1}', "x" * 300_000):
        answer = await post(client, "/desk/terms/guangxi/draft", {"base": base}, follow=False)
        assert answer.status_code == 422


async def test_json_is_a_way_in_and_out(client: httpx.AsyncClient) -> None:
    await open_desk(client)

    exported = await client.get("/desk/terms/guangxi/draft?format=json")
    imported = await post(client, "/desk/terms/guangxi/draft", {"content": next_version()}, follow=False)
    of_draft = await client.get("/desk/terms/guangxi/draft?format=json&version=2027")

    assert exported.json() == find_terms("guangxi")[-1].content
    assert imported.status_code == 303
    assert of_draft.json()["version"] == "2027"
