"""The reserve (保留价): sealed under a key outside the database, and committed to by a public hash."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from market.auctions.models import Auction
from market.kit.encryption import Undecipherable, decrypt, encrypt

PURPOSE = "auction reserve"


def seal_reserve(auction_id: UUID, amount: int, secret: str) -> tuple[bytes, str]:
    """Return the encrypted reserve in fen with its salt, and the hash that is published with the terms."""
    plain = f"{amount}|{secrets.token_hex(16)}"
    return encrypt(secret, PURPOSE, plain.encode()), commitment(auction_id, plain)


def commitment(auction_id: UUID, plain: str) -> str:
    """Return the hash that commits to a reserve: nobody can tell the reserve from it, nor change it later."""
    return hashlib.sha256(f"{auction_id}|{plain}".encode()).hexdigest()


def open_reserve(auction: Auction, secret: str) -> int | None:
    """Return the reserve in fen; None where there is none.

    Raises:
        Undecipherable: the key is another one, or it is not what was committed to.
    """
    if auction.reserve_sealed is None:
        return None
    plain = decrypt(secret, PURPOSE, auction.reserve_sealed).decode()
    if commitment(auction.id, plain) != auction.reserve_hash:
        raise Undecipherable(PURPOSE)
    return int(plain.partition("|")[0])
