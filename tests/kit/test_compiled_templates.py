"""Templates compiled for one language hold what never changes as text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jinja2 import DictLoader, Environment
from markupsafe import Markup, escape

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


def _draw(parts: dict[str, str], **context: object) -> str:
    environment = TemplateEnvironment(loader=DictLoader(parts), autoescape=True)
    return compiled_for(environment, "zh-Hans").get_template("page").render(**context)


def test_an_included_part_sees_what_stands_around_it_and_leaves_it_as_it_was() -> None:
    parts = {
        "page": '{% set a = 1 %}{% for n in [4, 5] %}{% include "part" %}{{ a }} {% endfor %}{{ b is none }}',
        "part": '{% set b = 2 %}{% macro d(x) %}{{ 2 * x }}{% endmacro %}{% include "leaf" %}{% set a = 9 %}',
        "leaf": "{{ a }}{{ b }}{{ loop.index }}{{ d(n) }}{{ whole }}-",
    }

    assert _draw(parts, whole="&", b=None) == "12" + "18&amp;-1 " + "12210&amp;-1 " + "True"


def test_a_part_that_includes_itself_or_has_blocks_is_included_when_it_is_drawn() -> None:
    parts = {
        "page": '{% include "blocks" %}{% set rest = "ab" %}{% include "self" %}',
        "blocks": "{% block x %}in a block {% endblock %}",
        "self": '{% if rest %}{{ rest[0] }}{% set rest = rest[1:] %}{% include "self" %}{% endif %}',
    }

    assert _draw(parts) == "in a block ab"


def test_a_changed_part_changes_what_includes_it_though_compiled_templates_are_kept() -> None:
    page = '{% include "part" %}'

    assert [_draw({"page": page, "part": words}) for words in ("before", "after")] == ["before", "after"]
    nested = {"page": page, "part": '{% include "leaf" %}'}
    assert [_draw({**nested, "leaf": words}) for words in ("before", "after")] == ["before", "after"]


def test_values_are_escaped_as_the_template_language_does() -> None:
    class Drawn:
        def __html__(self) -> str:
            return "<b>"

    values = ["<i>'\"&", Markup("<i>"), Drawn(), 5, None, escape("<"), gettext("登录")]
    plain = Environment(autoescape=True).from_string("{{ v }}{{ f(v) }}{{ v ~ '<' }}")

    for value in values:
        context = {"v": value, "f": lambda x: x}
        assert _draw({"page": "{{ v }}{{ f(v) }}{{ v ~ '<' }}"}, **context) == plain.render(context)


def test_a_macro_takes_what_its_caller_draws() -> None:
    page = (
        "{% macro box(w) %}[{{ w }}{{ caller(w) }}]{% endmacro %}{% call(w) box('<') %}{{ w }}{% endcall %}"
    )

    assert _draw({"page": page}) == "[&lt;&lt;]"
