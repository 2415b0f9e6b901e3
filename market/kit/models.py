"""Tables of the kit: outgoing mails, state of the system, counted attempts."""

from tortoise import fields

from market.kit.tables import Model


class SystemState(Model):
    """A persistent key and value of the system, such as the demo clock's offset."""

    key = fields.CharField(max_length=60, primary_key=True)
    value: fields.JSONField[dict[str, object]] = fields.JSONField()

    class Meta:
        table = "system_state"
        table_description = "System state."


class Attempt(Model):
    """The counter of a rate limit: attempts of one key in one window of real time."""

    id = fields.BigIntField(primary_key=True)
    key = fields.CharField(max_length=200)
    window = fields.BigIntField()
    """Ordinal of the window since 1970."""
    count = fields.IntField(default=0)

    class Meta:
        table = "attempts"
        table_description = "Attempts."
        unique_together = (("key", "window"),)


class OutgoingMail(Model):
    """A mail to one person, queued in the transaction that caused it, sent by a job."""

    id = fields.BigIntField(primary_key=True)
    recipient = fields.CharField(max_length=254)
    subject = fields.CharField(max_length=300)
    text = fields.TextField()
    people: fields.JSONField[list[str]] = fields.JSONField(null=True)
    """Ids of the people whose marks stand in subject and text."""
    created_at = fields.DatetimeField()
    sent_at = fields.DatetimeField(null=True)
    unsubscribe = fields.CharField(max_length=400, default="", db_default="")
    """Path of one-click unsubscription (RFC 8058); empty for mails without it."""

    class Meta:
        table = "outgoing_mails"
        table_description = "Outgoing mails."
        indexes = (("recipient",),)
