"""Templates compiled for one language hold what never changes as text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jinja2 import DictLoader

from market.kit.compiled_templates import TemplateEnvironment, compiled_for, use_addresses
from market.kit.i18n import gettext, in_locale

PAGE = '{{ _("登录") }} {{ url("door") }} {{ url("room", number=1) }} {{ _("%(n)s 条", n=2) }}'


@pytest.fixture
def environment() -> Iterator[TemplateEnvironment]:
    environment = TemplateEnvironment(loader=DictLoader({"page": PAGE}), autoescape=True)
    environment.globals["_"] = gettext
    before = use_addresses({"door": "/door"})
    yield environment
    use_addresses(before)


def test_a_message_and_a_fixed_address_are_not_asked_for_when_a_page_is_drawn(
    environment: TemplateEnvironment,
) -> None:
    asked: list[str] = []

    def url(name: str, **_parameters: int) -> str:
        asked.append(name)
        return "/room/1"

    page = compiled_for(environment, "zh-Hans").get_template("page")

    assert page.render(url=url) == "登录 /door /room/1 2 条"
    assert asked == ["room"]


def test_each_language_has_templates_of_its_own(environment: TemplateEnvironment) -> None:
    for locale, words in (("zh-Hans", "登录"), ("zh-Hant", "登錄")):
        with in_locale(locale):
            page = compiled_for(environment, locale).get_template("page")
            assert page.render(url=lambda *_, **__: "").startswith(words)


def test_other_addresses_make_other_templates(environment: TemplateEnvironment) -> None:
    compiled_for(environment, "zh-Hans").get_template("page")
    use_addresses({"door": "/gate"})

    page = compiled_for(environment, "zh-Hans").get_template("page")

    assert page.render(url=lambda *_, **__: "").split()[1] == "/gate"
