"""Review rounds: drawn panels, scoring sheets in versions, conclusions that rest on at least three scores."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

CHECKS = {
    "rounds_concluded": (
        "rounds",
        "(concluded_at IS NULL) = (concluded_by_id IS NULL) AND (concluded_at IS NULL) = (reason = '') "
        "AND (concluded_at IS NOT NULL) = (status IN ('concluded', 'published')) "
        "AND (concluded_by_id IS NULL OR concluded_by_id IS DISTINCT FROM drawn_by_id "
        "AND concluded_by_id IS DISTINCT FROM extended_by_id AND concluded_by_id <> prepared_by_id)",
    ),
    "rounds_drawn": ("rounds", "(drawn_by_id IS NULL) = (status = 'drafting')"),
    "rounds_extended": (
        "rounds",
        "(extension IS NULL) = (extended_at IS NULL) AND (extension IS NULL) = (extended_by_id IS NULL)",
    ),
    "seat_scores_given": (
        "seat_scores",
        "(score IS NULL) <> (reason IS NULL) AND score BETWEEN 0 AND most "
        "AND (reason IS NULL OR char_length(reason) >= 10)",
    ),
    "seat_scores_version": ("seat_scores", "version > 0 AND most > 0"),
    "seat_opinions_version": ("seat_opinions", "version > 0 AND for_applicant <> ''"),
    "round_draws_seed": (
        "round_draws",
        "seed ~ '^[0-9a-f]{64}$' AND chain_head ~ '^[0-9a-f]{64}$' AND salt <> ''",
    ),
    "round_draws_approved": (
        "round_draws",
        "(number = 1 AND approved_by_id IS NULL AND reason = '') OR (number > 1 AND reason <> '' "
        "AND approved_by_id IS NOT NULL AND approved_by_id <> drawn_by_id)",
    ),
    "round_redraws_second_person": (
        "round_redraws",
        "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
        "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) "
        "AND (verdict <> 'rejected' OR reason <> '')",
    ),
    "solicitations_text": ("solicitations", "char_length(text) >= 10"),
}
"""By name: table and condition."""
GUARDS = """
-- A round is concluded once, on at least three final sheets with a score for each item, by none of its experts.
CREATE FUNCTION market_keep_round() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.concluded_at IS NOT NULL AND
        (to_jsonb(NEW) - 'status' - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'status' - 'updated_at')) THEN
        RAISE EXCEPTION 'a concluded round is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status <> 'drafting' AND (NEW.rules IS DISTINCT FROM OLD.rules OR NEW.salt <> OLD.salt
        OR NEW.drawn_by_id IS DISTINCT FROM OLD.drawn_by_id OR NEW.subject_kind <> OLD.subject_kind) THEN
        RAISE EXCEPTION 'the rules of a drawn round are never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.concluded_at IS NOT NULL AND OLD.concluded_at IS NULL THEN
        IF EXISTS (SELECT 1 FROM round_items i WHERE i.round_id = NEW.id AND (i.result IS NULL OR (
            SELECT count(*) FROM seats s WHERE s.item_id = i.id AND s.status = 'final' AND EXISTS (
                SELECT 1 FROM seat_scores x WHERE x.seat_id = s.id AND x.version = s.version
                AND x.score IS NOT NULL)) < 3)) THEN
            RAISE EXCEPTION 'an item has fewer than three scores' USING ERRCODE = 'restrict_violation';
        END IF;
        IF EXISTS (SELECT 1 FROM seats s JOIN round_items i ON i.id = s.item_id
            WHERE i.round_id = NEW.id AND s.user_id = NEW.concluded_by_id) THEN
            RAISE EXCEPTION 'an expert of a round does not conclude it' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
-- What a round judges is fixed by its draw, the result by its conclusion.
CREATE FUNCTION market_keep_round_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.subject_id <> OLD.subject_id OR NEW.round_id <> OLD.round_id
        OR EXISTS (SELECT 1 FROM rounds r WHERE r.id = OLD.round_id AND r.concluded_at IS NOT NULL) THEN
        RAISE EXCEPTION 'an item of a round is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- Who sits where is drawn, never edited; nothing of a seat changes once its round is concluded, but the fee.
CREATE FUNCTION market_keep_seat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.item_id <> OLD.item_id OR NEW.expert_id <> OLD.expert_id
        OR NEW.user_id <> OLD.user_id OR NEW.label <> OLD.label OR NEW.is_reserve <> OLD.is_reserve
        OR NEW.draw_number <> OLD.draw_number OR NEW.version < OLD.version THEN
        RAISE EXCEPTION 'who sits at a seat is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (to_jsonb(NEW) - 'fee') IS DISTINCT FROM (to_jsonb(OLD) - 'fee') AND EXISTS (
        SELECT 1 FROM rounds r JOIN round_items i ON i.round_id = r.id
        WHERE i.id = OLD.item_id AND r.concluded_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a seat of a concluded round is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- Sheets come before the conclusion.
CREATE FUNCTION market_keep_sheet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM seats s JOIN round_items i ON i.id = s.item_id JOIN rounds r ON r.id = i.round_id
        WHERE s.id = NEW.seat_id AND r.concluded_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a concluded round takes no scores' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rounds_keep BEFORE UPDATE OR DELETE ON rounds FOR EACH ROW EXECUTE FUNCTION market_keep_round();
CREATE TRIGGER round_items_keep BEFORE UPDATE OR DELETE ON round_items
    FOR EACH ROW EXECUTE FUNCTION market_keep_round_item();
CREATE TRIGGER seats_keep BEFORE UPDATE OR DELETE ON seats FOR EACH ROW EXECUTE FUNCTION market_keep_seat();
CREATE TRIGGER seat_scores_keep BEFORE INSERT ON seat_scores
    FOR EACH ROW EXECUTE FUNCTION market_keep_sheet();
CREATE TRIGGER seat_opinions_keep BEFORE INSERT ON seat_opinions
    FOR EACH ROW EXECUTE FUNCTION market_keep_sheet();
"""
DROP_GUARDS = """
DROP TRIGGER rounds_keep ON rounds;
DROP TRIGGER round_items_keep ON round_items;
DROP TRIGGER seats_keep ON seats;
DROP TRIGGER seat_scores_keep ON seat_scores;
DROP TRIGGER seat_opinions_keep ON seat_opinions;
DROP FUNCTION market_keep_round();
DROP FUNCTION market_keep_round_item();
DROP FUNCTION market_keep_seat();
DROP FUNCTION market_keep_sheet();
"""
APPEND_ONLY = ("round_draws", "seat_opinions", "seat_scores", "solicitations")


def _constraints() -> list[ops.RunSQL]:
    checks = [
        ops.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for name, (table, condition) in CHECKS.items()
    ]
    guards = [
        ops.RunSQL(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION market_append_only()",
            f"DROP TRIGGER {table}_append_only ON {table}",
        )
        for table in APPEND_ONLY
    ]
    return [*checks, *guards, ops.RunSQL(GUARDS, DROP_GUARDS)]


class Migration(migrations.Migration):
    dependencies = [("market", "0046_surveys")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Round",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("number", fields.CharField(unique=True, max_length=20)),
                ("subject_kind", fields.CharField(max_length=24)),
                ("title", fields.CharField(max_length=120)),
                ("scope", fields.JSONField()),
                ("rules", fields.JSONField()),
                ("salt", fields.CharField(max_length=120)),
                ("status", fields.CharField(default="drafting", max_length=24)),
                (
                    "prepared_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="prepared_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "drawn_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="drawn_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("extension", fields.CharField(null=True, max_length=24)),
                (
                    "extended_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="extended_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("extended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "concluded_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="concluded_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("concluded_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("reason", fields.CharField(default="", db_default="", max_length=1000)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "rounds",
                "app": "market",
                "indexes": [Index(fields=["subject_kind", "status"])],
                "pk_attr": "id",
                "table_description": "Rounds.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Redraw",
            fields=[
                (
                    "proposed_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="proposed_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "decided_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="decided_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("verdict", fields.CharField(null=True, max_length=24)),
                ("reason", fields.CharField(default="", db_default="", max_length=500)),
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "round",
                    fields.ForeignKeyField(
                        "market.Round",
                        source_field="round_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="redraws",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("ground", fields.CharField(max_length=500)),
                ("salt", fields.CharField(max_length=120)),
            ],
            options={
                "table": "round_redraws",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Round redraws.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RoundDraw",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "round",
                    fields.ForeignKeyField(
                        "market.Round",
                        source_field="round_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="draws",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("number", fields.IntField()),
                ("chain_head", fields.CharField(max_length=64)),
                ("salt", fields.CharField(max_length=120)),
                ("seed", fields.CharField(max_length=64)),
                ("eligible", fields.JSONField()),
                ("terms", fields.JSONField()),
                ("picked", fields.JSONField()),
                ("reserves", fields.JSONField()),
                ("method", fields.CharField(max_length=24)),
                ("reason", fields.CharField(default="", db_default="", max_length=500)),
                (
                    "drawn_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="drawn_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "approved_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="approved_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("drawn_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "round_draws",
                "app": "market",
                "unique_together": (("round", "number"),),
                "pk_attr": "id",
                "table_description": "Round draws.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RoundItem",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "round",
                    fields.ForeignKeyField(
                        "market.Round",
                        source_field="round_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="items",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("place", fields.IntField()),
                ("subject_id", fields.UUIDField()),
                ("result", fields.JSONField(null=True)),
            ],
            options={
                "table": "round_items",
                "app": "market",
                "unique_together": (("round", "subject_id"), ("round", "place")),
                "indexes": [Index(fields=["subject_id"])],
                "pk_attr": "id",
                "table_description": "Round items.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Seat",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "item",
                    fields.ForeignKeyField(
                        "market.RoundItem",
                        source_field="item_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="seats",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "expert",
                    fields.ForeignKeyField(
                        "market.Expert",
                        source_field="expert_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "user",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharField(max_length=24)),
                ("unit", fields.CharField(max_length=120)),
                ("title_rank", fields.CharField(max_length=24)),
                ("draw_number", fields.IntField()),
                ("place", fields.IntField()),
                ("is_reserve", fields.BooleanField()),
                ("label", fields.CharField(max_length=12)),
                ("status", fields.CharField(default="reserve", max_length=24)),
                ("declare_by", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("score_by", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("declared_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("note", fields.CharField(default="", db_default="", max_length=300)),
                ("version", fields.IntField(default=0, db_default=0)),
                ("draft", fields.JSONField(null=True)),
                ("submitted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("fee", fields.BigIntField(null=True)),
            ],
            options={
                "table": "seats",
                "app": "market",
                "unique_together": (("item", "expert"), ("item", "user"), ("item", "label")),
                "indexes": [Index(fields=["user_id", "status"])],
                "pk_attr": "id",
                "table_description": "Seats.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SeatOpinion",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "seat",
                    fields.ForeignKeyField(
                        "market.Seat",
                        source_field="seat_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="opinions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("version", fields.IntField()),
                ("for_applicant", fields.TextField(unique=False)),
                ("for_organiser", fields.TextField(default="", db_default="", unique=False)),
                ("submitted_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "seat_opinions",
                "app": "market",
                "unique_together": (("seat", "version"),),
                "pk_attr": "id",
                "table_description": "Seat opinions.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SeatScore",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "seat",
                    fields.ForeignKeyField(
                        "market.Seat",
                        source_field="seat_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="scores",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("version", fields.IntField()),
                ("heading", fields.CharField(max_length=40)),
                ("most", fields.IntField()),
                ("score", fields.IntField(null=True)),
                ("reason", fields.CharField(null=True, max_length=300)),
            ],
            options={
                "table": "seat_scores",
                "app": "market",
                "unique_together": (("seat", "version", "heading"),),
                "pk_attr": "id",
                "table_description": "Seat scores.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Solicitation",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "seat",
                    fields.ForeignKeyField(
                        "market.Seat",
                        source_field="seat_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("text", fields.TextField(unique=False)),
                ("reported_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "solicitations",
                "app": "market",
                "indexes": [Index(fields=["seat_id"])],
                "pk_attr": "id",
                "table_description": "Solicitations.",
            },
            bases=["Model"],
        ),
        *_constraints(),
    ]
