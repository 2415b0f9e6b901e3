"""Tables of second factors: authenticator apps, recovery codes, passkeys; known devices and held requests."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.accounts.models import Session, User
from market.kit.tables import Model


class Authenticator(Model):
    """The secret that a person's authenticator app shares with us (TOTP, RFC 6238), encrypted."""

    id = fields.UUIDField(primary_key=True)
    user: fields.OneToOneRelation[User] = fields.OneToOneField(
        "market.User", related_name="authenticator", on_delete=fields.CASCADE
    )
    user_id: UUID
    secret = fields.BinaryField()
    """Encrypted under a key outside the database."""
    last_step = fields.BigIntField(default=0)
    """The last step of time a code was taken of: none is taken twice."""
    created_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    """Null: the person has not typed a first code yet, so it does not count."""

    class Meta:
        table = "authenticators"
        table_description = "Authenticators."


class RecoveryCode(Model):
    """A code that stands in once for a lost factor; only its keyed hash is stored."""

    id = fields.UUIDField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="recovery_codes", on_delete=fields.CASCADE
    )
    user_id: UUID
    code_hash = fields.CharField(max_length=64)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "recovery_codes"
        table_description = "Recovery codes."
        indexes = (("user_id",),)


class Passkey(Model):
    """A passkey (通行密钥, WebAuthn): the public half of a key that never leaves the person's device."""

    id = fields.UUIDField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="passkeys", on_delete=fields.CASCADE
    )
    user_id: UUID
    credential_id = fields.CharField(max_length=1400, unique=True)
    """Base64url."""
    public_key = fields.BinaryField()
    sign_count = fields.BigIntField()
    name = fields.CharField(max_length=60)
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "passkeys"
        table_description = "Passkeys."
        indexes = (("user_id",),)


class KnownDevice(Model):
    """A browser in which a person has signed in; it holds the token, the row only its hash; in real time."""

    id = fields.UUIDField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="known_devices", on_delete=fields.CASCADE
    )
    user_id: UUID
    token_hash = fields.CharField(max_length=64)
    seen_at = fields.DatetimeField()

    class Meta:
        table = "known_devices"
        table_description = "Known devices."
        unique_together = (("user_id", "token_hash"),)
        indexes = (("token_hash",),)


class HeldRequest(Model):
    """A form that waits for a fresh proof, with its files, encrypted; minutes long, in real time."""

    id = fields.UUIDField(primary_key=True)
    session: fields.ForeignKeyRelation[Session] = fields.ForeignKeyField(
        "market.Session", related_name="held_requests", on_delete=fields.CASCADE
    )
    session_id: str
    address = fields.CharField(max_length=500)
    content_type = fields.CharField(max_length=200)
    body = fields.BinaryField()
    expires_at = fields.DatetimeField()

    class Meta:
        table = "held_requests"
        table_description = "Held requests."
