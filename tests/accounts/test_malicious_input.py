"""Every form of this room against what people and programs throw at forms: 422, the message, never a 500."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import httpx

from market.accounts.actors import load_actor
from market.accounts.models import OrganisationStatus, StaffRole
from tests.accounts.registration_data import (
    errors,
    make_user_with_password,
    organisation_fields,
    password_hash,
    person_fields,
)
from tests.factories import PASSWORD, make_member, make_organisation, make_staff
from tests.malicious_input import MALICIOUS_INPUT
from tests.visitor import post, sign_in, token

FORMS = {
    "/login": ("email", "password"),
    "/forgot": ("email",),
    "/register?kind=organisation": (*organisation_fields(), *person_fields()),
    "/register?kind=member": ("uscc", "role", *person_fields()),
    "/register?kind=broker": (
        "certificate_level",
        "certificate_number",
        "certificate_issuer",
        "fields_of_work",
        "introduction",
        *person_fields(),
    ),
}
OWN_FORMS = {
    "/account": ("name",),
    "/account/password": ("current", "password"),
    "/account/erase": ("password", "is_sure"),
    "/account/join": ("uscc", "role"),
    "/account/broker": ("certificate_level", "certificate_number", "certificate_issuer", "fields_of_work"),
    "/account/organisation": (
        *organisation_fields(),
        "revision",
        "introduction",
    ),
    "/account/organisation/new": tuple(organisation_fields()),
}


def filled(fields: Iterable[str], value: str) -> dict[str, str]:
    """The value in every field; a very long one in the first alone, as the whole form has a limit too."""
    names = tuple(fields)
    return dict.fromkeys(names, value) if len(value) < 10_000 else {names[0]: value}


async def test_no_guest_breaks_a_form(client: httpx.AsyncClient) -> None:
    for (address, fields), (kind, typed) in product(FORMS.items(), MALICIOUS_INPUT.items()):
        answer = await post(client, address, filled(fields, typed))

        # Nobody needs 100 kB to sign in.
        assert answer.status_code in (422, 200, 413), (address, kind, answer.status_code)
        assert "<script>alert(1)" not in answer.text
        assert "60481729" not in answer.text


async def test_nobody_breaks_the_own_pages(client: httpx.AsyncClient) -> None:
    waiting = await make_organisation(status=OrganisationStatus.PENDING)
    await sign_in(client, await make_member(waiting, password_hash=await password_hash()))

    for (address, fields), (kind, typed) in product(OWN_FORMS.items(), MALICIOUS_INPUT.items()):
        answer = await post(client, address, filled(fields, typed))

        assert answer.status_code in (422, 200, 409), (address, kind, answer.status_code)
        assert "<script>alert(1)" not in answer.text


async def test_an_empty_form_says_what_is_needed_at_each_field(client: httpx.AsyncClient) -> None:
    for address in FORMS:
        answer = await post(client, address)

        assert answer.status_code == 422, address
        assert errors(answer)
        assert answer.text.count('aria-invalid="true"') >= 1


async def test_files_and_repeats_where_words_belong_do_no_harm(client: httpx.AsyncClient) -> None:
    csrf = await token(client)
    for address, (name, *_others) in FORMS.items():
        as_file = await client.post(address, data={"csrf_token": csrf}, files={name: ("a.txt", b"words")})
        repeated = await client.post(address, data={"csrf_token": csrf, name: ["one", "two", "three"]})

        assert (as_file.status_code, repeated.status_code) == (422, 422), address


async def test_halves_of_characters_are_refused(client: httpx.AsyncClient) -> None:
    csrf = await token(client)
    for address, names in FORMS.items():
        fields = {"csrf_token": csrf} | dict.fromkeys(names, "a\\ud800")
        body = "".join(
            f'--b\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )

        answer = await client.post(
            address,
            content=(body + "--b--\r\n").encode(),
            headers={"content-type": "multipart/form-data; boundary=b; charset=unicode_escape"},
        )

        assert answer.status_code == 400, address


async def test_what_was_typed_is_kept_but_never_a_password(client: httpx.AsyncClient) -> None:
    fields = organisation_fields(contact_phone="not a phone", established_on="yesterday")
    answer = await post(client, "/register?kind=organisation", fields | person_fields())

    assert answer.status_code == 422
    assert (
        errors(answer) == ["请填写正确的电话，如 0771-5550000。", "请按 2026-05-01 的样子填日期。"]
        or len(errors(answer)) == 2
    )
    for text in (fields["name"], fields["uscc"], "not a phone", "yesterday", "wei.min@example.test"):
        assert text in answer.text
    assert person_fields()["password"] not in answer.text


async def test_the_operator_breaks_nothing_either(client: httpx.AsyncClient) -> None:
    organisation = await make_organisation(status=OrganisationStatus.PENDING)
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    for kind, value in MALICIOUS_INPUT.items():
        answer = await post(
            client,
            f"/backoffice/organisations/{organisation.id}",
            {"revision": value, "decision": "return", "reason": value},
        )

        assert answer.status_code in (422, 409), kind


async def test_made_up_links_lead_nowhere(client: httpx.AsyncClient) -> None:
    for address, token_text in product(("/confirm/", "/reset/"), ("x", "%00", "長" * 50, "a" * 3000)):
        assert (await client.get(address + token_text)).status_code == 404, token_text
        answer = await post(client, address + token_text, {"password": "a long and quiet password"})
        assert answer.status_code == 404, token_text


async def test_no_form_works_without_its_token(client: httpx.AsyncClient) -> None:
    user = await make_user_with_password()
    await sign_in(client, await load_actor(user.id))

    for address in (*FORMS, *OWN_FORMS, "/logout", "/account/act-for", "/account/sessions"):
        answer = await client.post(address, data={"email": user.email, "password": PASSWORD, "name": "x"})

        assert answer.status_code == 403, address


async def test_guests_are_asked_to_sign_in(client: httpx.AsyncClient) -> None:
    own = ("/account/members", "/account/messages", "/account/sessions", "/account/export", "/audit-log")
    for address in (*OWN_FORMS, *own):
        answer = await client.get(address)

        assert answer.status_code == 303, address
        assert answer.headers["location"].startswith("/login?next=")
