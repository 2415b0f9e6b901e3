"""What a unified social credit code fills in, and how long lists and required fields are shown."""

from __future__ import annotations

import httpx
import pytest
from starlette.datastructures import FormData

from market.accounts.forms import OrganisationForm
from market.listings import rules
from market.listings.forms import NeedForm, OutcomeForm
from tests.accounts.registration_data import organisation_fields
from tests.factories import make_member, make_uscc
from tests.visitor import sign_in


def filled(**changes: str) -> OrganisationForm:
    form = OrganisationForm(FormData(organisation_fields(77_001, **changes)))
    form.validate()
    return form


@pytest.mark.parametrize(
    ("start", "name", "region", "kind"),
    [
        ("91450100", "桂南测试铝业有限公司", "450100", "enterprise"),
        ("91451023", "平果测试铝业有限公司", "451082", "enterprise"),
        ("93450123", "隆安火龙果专业合作社", "450123", "farmers_coop"),
        ("12450000", "桂东南理工大学", "", "university"),
        ("12440106", "广东某某研究院", "440100", "institute"),
        ("52450000", "广西某某促进会", "", ""),
    ],
)
def test_a_code_fills_a_blank_region_and_kind(start: str, name: str, region: str, kind: str) -> None:
    form = filled(uscc=make_uscc(4711, start), name=name, region="", kind="")

    assert (form.region.data, form.kind.data) == (region, kind)
    assert bool(form.kind.errors) is (kind == "")


def test_what_was_chosen_stays_and_a_wrong_code_fills_nothing() -> None:
    chosen = filled(uscc=make_uscc(4711), region="450200", kind="agency")
    wrong = filled(uscc="914501000000000000", region="", kind="")

    assert (chosen.region.data, chosen.kind.data) == ("450200", "agency")
    assert (wrong.region.data, wrong.kind.data) == ("", "")


async def test_the_long_lists_are_selects_with_groups_that_a_script_shows_in_two_steps(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get("/register?kind=organisation")).text

    assert page.count("data-two-steps") == 2
    assert '<optgroup label="广西壮族自治区">' in page or '<optgroup label="广西">' in page
    assert "data-fills" in page


async def test_what_a_submission_needs_is_marked_and_an_example_and_steps_stand_by(
    client: httpx.AsyncClient,
) -> None:
    await sign_in(client, await make_member())

    outcome = (await client.get("/my/outcomes/new")).text
    need = (await client.get("/my/needs/new")).text

    assert outcome.count("field__need") == len(rules.OUTCOME_REQUIRED)
    assert need.count("field__need") == len(rules.NEED_REQUIRED)
    assert all(f'href="#part-{n}"' in outcome and f'id="part-{n}"' in outcome for n in range(1, 7))
    assert "看一份写得完整的例子" in outcome
    assert "看一条写得完整的例子" in need
    assert set(OutcomeForm.NEEDED) == set(rules.OUTCOME_REQUIRED)
    assert set(NeedForm.NEEDED) == set(rules.NEED_REQUIRED)
