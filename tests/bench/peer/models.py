"""The market's tables as the peer reads them: unmanaged, with the columns its pages need."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models


class Organisation(models.Model):
    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=24)
    status = models.CharField(max_length=24)
    contact_name = models.CharField(max_length=60)
    contact_phone = models.CharField(max_length=40)

    class Meta:
        managed, db_table = False, "organisations"


class User(AbstractBaseUser):
    id = models.UUIDField(primary_key=True)
    email = models.CharField(max_length=254, unique=True)
    name = models.CharField(max_length=60)
    password = models.CharField(max_length=255, db_column="password_hash")
    is_active = models.BooleanField()
    last_login = None
    USERNAME_FIELD = "email"

    class Meta:
        managed, db_table = False, "users"


class Membership(models.Model):
    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.DO_NOTHING, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.DO_NOTHING, related_name="+")
    role = models.CharField(max_length=24)
    applied_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        managed, db_table = False, "memberships"


class Message(models.Model):
    id = models.BigIntegerField(primary_key=True)
    user = models.ForeignKey(User, models.DO_NOTHING, related_name="messages")
    read_at = models.DateTimeField(null=True)

    class Meta:
        managed, db_table = False, "messages"


class Listing(models.Model):
    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=20, unique=True)
    status = models.CharField(max_length=24)
    revision = models.IntegerField()
    title = models.CharField(max_length=200)
    field = models.CharField(max_length=24)
    industries = models.JSONField()
    modes = models.JSONField()
    region = models.CharField(max_length=6)
    keywords = models.JSONField()
    verified_on = models.DateField(null=True)
    reminded_on = models.DateField(null=True)
    published_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        abstract = True


class Outcome(Listing):
    organisation = models.ForeignKey(Organisation, models.DO_NOTHING, related_name="outcomes")
    highlight = models.CharField(max_length=300)
    trl = models.IntegerField(null=True)
    price_kind = models.CharField(max_length=24)
    price_amount = models.BigIntegerField(null=True)
    problem = models.TextField()
    solution = models.TextField()
    comparison = models.JSONField()
    indicators = models.TextField()
    applications = models.TextField()
    economics = models.TextField()
    evidence = models.TextField()
    rights = models.JSONField()
    conditions = models.TextField()
    is_exclusive_possible = models.BooleanField()
    team = models.JSONField()
    contact_name = models.CharField(max_length=60)
    contact_phone = models.CharField(max_length=40)
    contact_email = models.CharField(max_length=254)
    references = models.TextField()
    title_en = models.CharField(max_length=400)
    abstract_en = models.TextField()
    source_classification = models.JSONField()

    class Meta:
        managed, db_table = False, "outcomes"


class Need(Listing):
    organisation = models.ForeignKey(Organisation, models.DO_NOTHING, related_name="needs")

    class Meta:
        managed, db_table = False, "needs"


class Match(models.Model):
    id = models.UUIDField(primary_key=True)
    need = models.ForeignKey(Need, models.DO_NOTHING, related_name="matches")
    outcome = models.ForeignKey(Outcome, models.DO_NOTHING, related_name="matches")
    status = models.CharField(max_length=24)
    score = models.IntegerField()

    class Meta:
        managed, db_table = False, "matches"


class Deal(models.Model):
    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=20)
    status = models.CharField(max_length=24)
    outcome = models.ForeignKey(Outcome, models.DO_NOTHING, related_name="deals")
    seller = models.ForeignKey(Organisation, models.DO_NOTHING, related_name="+")
    buyer = models.ForeignKey(Organisation, models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        managed, db_table = False, "deals"


class AboutRecord(models.Model):
    """What hangs on a record by kind and id."""

    subject_kind = models.CharField(max_length=24)
    subject_id = models.UUIDField()

    class Meta:
        abstract = True


class StoredFile(AboutRecord):
    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=24)
    name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    tier = models.CharField(max_length=24)
    uploaded_at = models.DateTimeField()

    class Meta:
        managed, db_table = False, "files"


class Question(AboutRecord):
    id = models.UUIDField(primary_key=True)
    status = models.CharField(max_length=24)
    text = models.CharField(max_length=500)
    answer = models.CharField(max_length=2000)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(User, models.DO_NOTHING, related_name="+")

    class Meta:
        managed, db_table = False, "questions"


class Notice(AboutRecord):
    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    published_at = models.DateTimeField()

    class Meta:
        managed, db_table = False, "notices"


class AuditEvent(AboutRecord):
    id = models.BigIntegerField(primary_key=True)
    sequence = models.IntegerField()
    action = models.CharField(max_length=60)
    data = models.JSONField()
    happened_at = models.DateTimeField()

    class Meta:
        managed, db_table = False, "audit_events"
