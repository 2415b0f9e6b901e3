from tortoise import fields

from market.kit.tables import Model


class Pseudonym(Model):
    """The person behind a pseudonym of the audit log; outside the hash chain, so that it can be erased.

    The database allows one change: to null salt and person, which erases.
    """

    id = fields.UUIDField(primary_key=True)
    user: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "market.User", related_name="pseudonyms", null=True, on_delete=fields.SET_NULL
    )
    user_id: object
    salt = fields.BinaryField(null=True)
    """Under which the pseudonym is a commitment to the person; null: erased, or drawn at random long ago."""

    class Meta:
        table = "pseudonyms"
        table_description = "Pseudonyms."


class AuditEvent(Model):
    """One act on a record, chained by hash to the event before it."""

    id = fields.BigIntField(primary_key=True)
    subject_kind = fields.CharField(max_length=24)
    subject_id = fields.UUIDField()
    sequence = fields.IntField()
    """1 for the first event of the record."""
    action = fields.CharField(max_length=40)
    actor = fields.UUIDField(null=True)
    """Pseudonym of the person; null: a job."""
    role = fields.CharField(max_length=24)
    data: fields.JSONField[dict[str, object]] = fields.JSONField()
    """Details of the act, without personal values."""
    happened_at = fields.DatetimeField()
    previous_hash = fields.CharField(max_length=64)
    hash = fields.CharField(max_length=64)

    class Meta:
        table = "audit_events"
        table_description = "Audit events."
        unique_together = (("subject_kind", "subject_id", "sequence"),)
        indexes = (("happened_at",), ("actor",))


class DailyRoot(Model):
    """A hash over the heads of all chains at the end of one day, published."""

    day = fields.DateField(primary_key=True)
    root = fields.CharField(max_length=64)
    chains = fields.IntField()
    events = fields.BigIntField()
    made_at = fields.DatetimeField()

    class Meta:
        table = "daily_roots"
        table_description = "Daily roots."


class HourlyRoot(Model):
    """A signed hash over the heads of all chains at the end of an hour, kept also outside the database."""

    until = fields.DatetimeField(primary_key=True)
    """The end of the hour, in business time."""
    root = fields.CharField(max_length=64)
    chains = fields.IntField()
    events = fields.BigIntField()
    made_at = fields.DatetimeField()
    key = fields.CharField(max_length=64)
    """The public key, hexadecimal."""
    signature = fields.CharField(max_length=100)
    """Ed25519 over `root_content`, base64."""

    class Meta:
        table = "hourly_roots"
        table_description = "Hourly roots."
