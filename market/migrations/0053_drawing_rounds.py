"""Rounds are drawn by a job, and may be discarded before."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

DRAWN = "(drawn_by_id IS NULL) = (status IN ('drafting', 'drawing', 'discarded'))"
WAS_DRAWN = "(drawn_by_id IS NULL) = (status = 'drafting')"
GUARD = """
-- A round is concluded once, on at least three final sheets with a score for each item, by none of its experts.
CREATE OR REPLACE FUNCTION market_keep_round() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.concluded_at IS NOT NULL AND
        (to_jsonb(NEW) - 'status' - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'status' - 'updated_at')) THEN
        RAISE EXCEPTION 'a concluded round is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status = 'discarded' THEN
        RAISE EXCEPTION 'a discarded round is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status <> 'drafting' AND (NEW.rules IS DISTINCT FROM OLD.rules OR NEW.salt <> OLD.salt
        OR NEW.subject_kind <> OLD.subject_kind
        OR (OLD.status <> 'drawing' AND NEW.drawn_by_id IS DISTINCT FROM OLD.drawn_by_id)) THEN
        RAISE EXCEPTION 'the rules of a drawn round are never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'discarded' AND OLD.status <> 'drafting' THEN
        RAISE EXCEPTION 'a drawn round is never discarded' USING ERRCODE = 'restrict_violation';
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
"""


class Migration(migrations.Migration):
    dependencies = [("market", "0052_survey_mandates")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Round",
            name="note",
            field=fields.CharField(default="", db_default="", max_length=500),
        ),
        ops.RunSQL(
            f"ALTER TABLE rounds DROP CONSTRAINT rounds_drawn, ADD CONSTRAINT rounds_drawn CHECK ({DRAWN})",
            f"ALTER TABLE rounds DROP CONSTRAINT rounds_drawn, ADD CONSTRAINT rounds_drawn CHECK ({WAS_DRAWN})",
        ),
        ops.RunSQL(GUARD, ""),
    ]
