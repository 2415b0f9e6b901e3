from tortoise import fields
from tortoise.models import Model


class Pseudonym(Model):
    """Who stands behind a pseudonym in the audit log; lies outside the chain and can be erased."""

    id = fields.UUIDField(primary_key=True)
    user: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "market.User", related_name="pseudonyms", null=True, on_delete=fields.SET_NULL
    )
    user_id: object

    class Meta:
        table = "pseudonyms"
        table_description = "Pseudonyms."


class AuditEvent(Model):
    """One act that matters, chained by hash to the act before it on the same record."""

    id = fields.BigIntField(primary_key=True)
    subject_kind = fields.CharField(max_length=24)
    subject_id = fields.UUIDField()
    sequence = fields.IntField()
    """1 for the first act on this record."""
    action = fields.CharField(max_length=40)
    actor = fields.UUIDField(null=True)
    """Pseudonym of the person; null when a job acted by itself."""
    role = fields.CharField(max_length=24)
    data: fields.JSONField[dict[str, object]] = fields.JSONField()
    """What the act was about; holds no personal value."""
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
