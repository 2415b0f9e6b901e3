"""Passkeys: made and used by a stand-in for the person's device, checked by the library."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from os import urandom

import cbor2
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url

from market.accounts.actors import load_actor
from market.accounts.factor_models import Passkey
from market.accounts.models import User
from market.accounts.passkeys import Site
from market.accounts.sessions import COOKIE
from market.app import create_app
from market.deps import Deps
from tests.accounts.registration_data import make_user_with_password
from tests.factories import PASSWORD
from tests.visitor import post, sign_in

ORIGIN = "http://market.localhost"


@dataclass
class Device:
    """A device that keeps a private key and signs with it, as a browser has it do."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: urandom(16))
    count: int = 0

    def _data(self, flags: int, more: bytes = b"") -> bytes:
        return (
            hashlib.sha256(b"market.localhost").digest()
            + bytes([flags])
            + self.count.to_bytes(4, "big")
            + more
        )

    def _answer(self, **response: bytes) -> str:
        return json.dumps(
            {
                "id": bytes_to_base64url(self.id),
                "rawId": bytes_to_base64url(self.id),
                "type": "public-key",
                "response": {name: bytes_to_base64url(value) for name, value in response.items()},
                "clientExtensionResults": {},
            }
        )

    def _client(self, kind: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": f"webauthn.{kind}", "challenge": challenge, "origin": origin}).encode()

    def make(self, challenge: str, origin: str = ORIGIN) -> str:
        """Return the answer to the question for a new passkey."""
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        credential = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._data(0x41, credential)})
        client = self._client("create", challenge, origin)
        return self._answer(clientDataJSON=client, attestationObject=attested)

    def sign(self, challenge: str, origin: str = ORIGIN) -> str:
        """Return the answer to the question for a signature."""
        self.count += 1
        data, client = self._data(0x01), self._client("get", challenge, origin)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)


@pytest.fixture
async def browser(deps: Deps) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at an address that browsers make passkeys for."""
    transport = httpx.ASGITransport(app=create_app(deps))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, trust_env=False) as client:
        yield client


async def challenge(browser: httpx.AsyncClient, act: str) -> str:
    answer = await post(browser, "/passkeys/options", {"act": act})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["challenge"])


async def add(browser: httpx.AsyncClient, device: Device, user: User) -> httpx.Response:
    await sign_in(browser, await load_actor(user.id))
    answer = device.make(await challenge(browser, "create"))
    return await post(
        browser, "/account/factors", {"act": "add_passkey", "name": "办公室电脑", "answer": answer}
    )


async def typed_password(browser: httpx.AsyncClient, user: User) -> None:
    browser.cookies.delete(COOKIE)
    answer = await post(browser, "/login", {"email": user.email, "password": PASSWORD}, follow=False)
    assert answer.headers["location"] == "/login/factor"


async def finish(browser: httpx.AsyncClient, answer: str) -> int:
    response = await post(browser, "/login/factor", {"proof_passkey": answer}, follow=False)
    return response.status_code


async def test_a_passkey_signs_in_after_the_password(browser: httpx.AsyncClient) -> None:
    device, user = Device(), await make_user_with_password()
    page = await add(browser, device, user)
    assert "办公室电脑" in page.text
    assert "请抄下恢复码" in page.text

    await typed_password(browser, user)

    assert 'data-passkey="get"' in (await browser.get("/login/factor")).text
    assert await finish(browser, device.sign(await challenge(browser, "get"))) == 303
    assert (await browser.get("/account")).status_code == 200
    used = await Passkey.get()
    assert (used.sign_count, used.last_used_at is not None) == (1, True)


async def test_an_answer_is_taken_once_and_only_to_our_last_challenge_on_our_site(
    browser: httpx.AsyncClient,
) -> None:
    device, user = Device(), await make_user_with_password()
    await add(browser, device, user)
    await typed_password(browser, user)
    first = await challenge(browser, "get")
    second = await challenge(browser, "get")

    assert await finish(browser, device.sign(first)) == 422
    assert await finish(browser, device.sign(second)) == 422, "a wrong answer spends the challenge"
    phished = device.sign(await challenge(browser, "get"), "http://market.localhost.evil.test")
    assert await finish(browser, phished) == 422
    stranger = Device(id=device.id)
    stranger.count = 50
    assert await finish(browser, stranger.sign(await challenge(browser, "get"))) == 422
    assert await finish(browser, "no JSON at all") == 422


async def test_a_counter_that_goes_back_is_a_copied_key(browser: httpx.AsyncClient) -> None:
    device, user = Device(), await make_user_with_password()
    await add(browser, device, user)
    await Passkey.all().update(sign_count=7)
    await typed_password(browser, user)

    assert await finish(browser, device.sign(await challenge(browser, "get"))) == 422


async def test_a_passkey_of_somebody_else_is_none(browser: httpx.AsyncClient) -> None:
    device, other = Device(), Device()
    user, colleague = await make_user_with_password(), await make_user_with_password()
    await add(browser, device, user)
    await add(browser, other, colleague)
    await typed_password(browser, user)

    assert await finish(browser, other.sign(await challenge(browser, "get"))) == 422
    again = await add(browser, device, colleague)
    assert again.status_code == 409


async def test_it_is_made_for_our_challenge_only_and_removed(browser: httpx.AsyncClient) -> None:
    device, user = Device(), await make_user_with_password()
    await sign_in(browser, await load_actor(user.id))
    forged = {"act": "add_passkey", "answer": device.make(bytes_to_base64url(b"made up"))}
    assert (await post(browser, "/account/factors", forged)).status_code == 422
    await add(browser, device, user)
    passkey = await Passkey.get()

    await post(browser, "/account/factors", {"act": "remove_passkey", "passkey": str(passkey.id)})

    assert not await Passkey.exists()
    gone = await post(browser, "/account/factors", {"act": "remove_passkey", "passkey": str(passkey.id)})
    assert gone.status_code == 404


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://market.example.org", "market.example.org"),
        ("https://market.example.org:8443/", "market.example.org"),
        ("http://localhost:8000", "localhost"),
        ("http://market.example.org", None),
        ("http://127.0.0.1:8000", None),
        ("https://[::1]:8000", None),
        ("https://", None),
    ],
)
def test_browsers_make_passkeys_for_names_under_https(address: str, host: str | None) -> None:
    site = Site.of(address)

    assert (site.host if site else None) == host


async def test_a_guest_is_given_no_options(browser: httpx.AsyncClient) -> None:
    for act in ("create", "get"):
        assert (await post(browser, "/passkeys/options", {"act": act})).status_code == 404
