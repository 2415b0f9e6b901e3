"""Auctions: terms, enrolments, an append-only chain of bids that one function writes, deposits by two persons."""

from uuid import uuid4

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

SECOND_PERSON = (
    "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) AND (verdict <> 'rejected' OR reason <> '')"
)
CHECKS = {
    "auctions_price": (
        "auctions",
        "(price IS NULL) = (leader_id IS NULL) AND (price IS NULL OR price >= start)",
    ),
    "auctions_amounts": (
        "auctions",
        "start > 0 AND deposit >= 0 AND step * 200 >= start AND step * 5 <= start",
    ),
    "auctions_hours": (
        "auctions",
        "enrol_until < opens_at AND opens_at < planned_end AND (hard_end IS NULL OR hard_end >= planned_end) "
        "AND window_s BETWEEN 30 AND 900 AND extension_s BETWEEN 30 AND 900",
    ),
    "auctions_people": ("auctions", "min_bidders BETWEEN 1 AND 20 AND sign_days BETWEEN 1 AND 60"),
    "auctions_end": ("auctions", "last_end IS NULL OR ends_at <= last_end"),
    "auctions_reserve": ("auctions", "(reserve_hash = '') = (reserve_sealed IS NULL)"),
    "auctions_published": (
        "auctions",
        "(version = 0) = (published_at IS NULL) AND (version = 0) = (terms_hash = '') "
        "AND (version > 0 OR status IN ('draft', 'checking'))",
    ),
    "auctions_failed": ("auctions", "(fail_reason IS NULL) = (status <> 'failed')"),
    "auctions_awarded": ("auctions", "(winner_id IS NULL) = (awarded_amount IS NULL)"),
    "auction_enrolments_numbers": (
        "auction_enrolments",
        "bidder_number IS NULL OR (bidder_number > 0 AND status = 'qualified')",
    ),
    "auction_enrolments_decided": (
        "auction_enrolments",
        "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_by_id IS NULL OR decided_by_id <> person_id) "
        "AND (status IN ('qualified', 'refused')) = (decided_at IS NOT NULL) "
        "AND (status <> 'refused' OR reason <> '') AND (NOT has_priority OR priority_claim <> 'none')",
    ),
    "auction_bids_chain": (
        "auction_bids",
        "sequence > 0 AND amount > 0 AND at >= arrived_at AND at < ends_at AND hash ~ '^[0-9a-f]{64}$'",
    ),
    "auction_pauses_one": ("auction_pauses", "num_nonnulls(paused_at, resumes_at) = 1"),
    "auction_draws_seed": ("auction_draws", "seed ~ '^[0-9a-f]{64}$' AND chain_head ~ '^[0-9a-f]{64}$'"),
    "auction_deposits_amount": ("auction_deposits", "amount > 0 AND voucher <> ''"),
    "auction_deposits_second_person": ("auction_deposits", SECOND_PERSON),
    "auction_rulings_second_person": ("auction_rulings", SECOND_PERSON),
}
"""By name: table and condition."""
INDEXES = {
    "auctions_one_living": (
        "auctions",
        "(outcome_id)",
        "status IN ('enrolling', 'qualifying', 'ready', 'live', 'suspended', 'single', 'confirming', "
        "'result_publicity')",
    ),
    "auction_bids_one_sealed": ("auction_bids", "(enrolment_id)", "kind = 'sealed'"),
    "auction_deposits_voucher": (
        "auction_deposits",
        "(movement, voucher)",
        "verdict IS DISTINCT FROM 'rejected'",
    ),
    "auction_rulings_open": ("auction_rulings", "(auction_id)", "verdict IS NULL"),
}
"""Unique indexes by name: table, columns and condition."""
APPEND_ONLY = ("auction_bids", "auction_draws", "auction_pauses", "auction_terms")
DECIDED_ONCE = ("auction_deposits", "auction_rulings")
FUNCTIONS = """
CREATE FUNCTION auction_stamp(moment timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
-- Judges an offered price under the lock of its auction and writes it down if it counts; the rules are those of
-- the fold over the log. A form that was sent before is answered as then.
CREATE FUNCTION auction_bid(p_auction uuid, p_enrolment uuid, p_amount bigint, p_priority boolean,
    p_arrived timestamptz, p_key varchar, p_address varchar)
RETURNS TABLE (code text, bid_sequence integer, bid_price bigint, bid_ends_at timestamptz, bid_at timestamptz,
    is_repeated boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    lot auctions%ROWTYPE;
    bidder auction_enrolments%ROWTYPE;
    earlier auction_bids%ROWTYPE;
    v_kind varchar := 'bid';
    v_at timestamptz;
    v_ends timestamptz;
    v_head varchar;
    v_hash varchar;
    v_must_lock boolean;
BEGIN
    SELECT e.* INTO bidder FROM auction_enrolments e WHERE e.id = p_enrolment AND e.auction_id = p_auction;
    SELECT b.* INTO earlier FROM auction_bids b WHERE b.enrolment_id = p_enrolment AND b.form_key = p_key;
    IF earlier.id IS NULL THEN
        SELECT a.* INTO lot FROM auctions a WHERE a.id = p_auction;
        -- The price only rises: what is below a price read without a lock is refused without waiting for one.
        v_must_lock := NOT coalesce(bidder.status = 'qualified' AND lot.status IN ('ready', 'live')
            AND lot.format = 'ascending' AND NOT p_priority AND p_amount < lot.price
            AND lot.leader_id <> p_enrolment AND p_arrived >= lot.bids_from
            AND greatest(p_arrived, lot.last_at) < lot.ends_at, false);
        IF v_must_lock THEN
            SELECT a.* INTO lot FROM auctions a WHERE a.id = p_auction FOR NO KEY UPDATE;
            SELECT b.* INTO earlier FROM auction_bids b
            WHERE b.enrolment_id = p_enrolment AND b.form_key = p_key;
        END IF;
    END IF;
    IF earlier.id IS NOT NULL THEN
        RETURN QUERY SELECT 'accepted'::text, earlier.sequence,
            CASE WHEN earlier.kind = 'sealed' THEN NULL ELSE earlier.amount END, earlier.ends_at, earlier.at, true;
        RETURN;
    END IF;
    v_at := greatest(p_arrived, lot.last_at);
    code := CASE
        WHEN bidder.status IS DISTINCT FROM 'qualified' THEN 'not_enrolled'
        WHEN lot.status = 'suspended' THEN 'suspended'
        WHEN lot.status IN ('draft', 'checking', 'enrolling', 'qualifying') OR p_arrived < lot.bids_from
            THEN 'not_open'
        WHEN lot.status NOT IN ('ready', 'live') OR v_at >= lot.ends_at THEN 'closed'
        WHEN lot.format = 'sealed' THEN CASE
            WHEN EXISTS (SELECT 1 FROM auction_bids b WHERE b.enrolment_id = p_enrolment) THEN 'repeated'
            WHEN p_amount < lot.start THEN 'low'
            WHEN p_amount > 10 * lot.start THEN 'too_high'
            ELSE 'accepted' END
        WHEN lot.leader_id = p_enrolment THEN 'leader'
        WHEN p_priority AND NOT bidder.has_priority THEN 'priority'
        WHEN p_priority AND p_amount = lot.price AND NOT lot.is_equal THEN 'accepted'
        WHEN p_amount < coalesce(lot.price + lot.step, lot.start) THEN 'low'
        WHEN p_amount > 10 * coalesce(lot.price, lot.start) THEN 'too_high'
        WHEN (p_amount - lot.start) % lot.step <> 0 THEN 'step'
        ELSE 'accepted'
    END;
    IF code <> 'accepted' THEN
        IF bidder.id IS NOT NULL THEN
            INSERT INTO auction_attempts AS t (id, enrolment_id, code, count, last_amount, last_at)
            VALUES (gen_random_uuid(), p_enrolment, auction_bid.code, 1, p_amount, p_arrived)
            ON CONFLICT (enrolment_id, code) DO UPDATE
            SET count = t.count + 1, last_amount = excluded.last_amount, last_at = excluded.last_at;
        END IF;
        RETURN QUERY SELECT auction_bid.code, lot.sequence, lot.price, lot.ends_at, NULL::timestamptz, false;
        RETURN;
    END IF;
    v_ends := lot.ends_at;
    IF lot.format = 'sealed' THEN
        v_kind := 'sealed';
    ELSE
        IF p_priority AND p_amount = lot.price THEN
            v_kind := 'equal';
        END IF;
        IF lot.ends_at - v_at <= make_interval(secs => lot.window_s) THEN
            v_ends := greatest(lot.ends_at,
                least(v_at + make_interval(secs => lot.extension_s), coalesce(lot.last_end, 'infinity')));
        END IF;
    END IF;
    v_head := CASE WHEN lot.sequence = 0 THEN lot.terms_hash ELSE lot.chain_head END;
    v_hash := encode(sha256(convert_to(concat_ws('|', v_head, p_auction, lot.sequence + 1, p_enrolment, p_amount,
        v_kind, auction_stamp(p_arrived), auction_stamp(v_at), auction_stamp(v_ends)), 'UTF8')), 'hex');
    INSERT INTO auction_bids (auction_id, sequence, enrolment_id, amount, kind, arrived_at, at, ends_at, form_key,
        previous_hash, hash, address_hash)
    VALUES (p_auction, lot.sequence + 1, p_enrolment, p_amount, v_kind, p_arrived, v_at, v_ends, p_key, v_head,
        v_hash, p_address);
    IF v_kind = 'sealed' THEN
        UPDATE auctions a SET sequence = lot.sequence + 1, last_at = v_at, chain_head = v_hash
        WHERE a.id = p_auction;
    ELSE
        UPDATE auctions a SET sequence = lot.sequence + 1, last_at = v_at, chain_head = v_hash, price = p_amount,
            leader_id = p_enrolment, is_equal = v_kind = 'equal', ends_at = v_ends,
            extensions = a.extensions + (v_ends > a.ends_at)::int
        WHERE a.id = p_auction;
    END IF;
    PERFORM pg_notify('auction', p_auction || ':' || (lot.sequence + 1));
    RETURN QUERY SELECT 'accepted'::text, lot.sequence + 1,
        CASE WHEN v_kind = 'sealed' THEN NULL ELSE p_amount END, v_ends, v_at, false;
END $$;
-- What was announced stays; neither price, nor end, nor the count of bids ever falls; nothing is deleted.
CREATE FUNCTION market_keep_auction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an auction is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.outcome_id <> OLD.outcome_id OR NEW.holder_id <> OLD.holder_id OR NEW.number <> OLD.number OR (
        OLD.status NOT IN ('draft', 'checking') AND (NEW.title, NEW.format, NEW."right", NEW.years, NEW.territory,
            NEW.start, NEW.step, NEW.basis, NEW.reserve_hash, NEW.reserve_sealed, NEW.deposit, NEW.deposit_place,
            NEW.deposit_account, NEW.enrol_until, NEW.opens_at, NEW.planned_end, NEW.hard_end, NEW.window_s,
            NEW.extension_s, NEW.min_bidders, NEW.priority, NEW.single_rule, NEW.next_rule, NEW.default_rule,
            NEW.sign_days, NEW.terms_text, NEW.contact, NEW.terms_hash, NEW.version, NEW.organiser_id)
        IS DISTINCT FROM (OLD.title, OLD.format, OLD."right", OLD.years, OLD.territory,
            OLD.start, OLD.step, OLD.basis, OLD.reserve_hash, OLD.reserve_sealed, OLD.deposit, OLD.deposit_place,
            OLD.deposit_account, OLD.enrol_until, OLD.opens_at, OLD.planned_end, OLD.hard_end, OLD.window_s,
            OLD.extension_s, OLD.min_bidders, OLD.priority, OLD.single_rule, OLD.next_rule, OLD.default_rule,
            OLD.sign_days, OLD.terms_text, OLD.contact, OLD.terms_hash, OLD.version, OLD.organiser_id)) THEN
        RAISE EXCEPTION 'the terms of an announced auction are never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.sequence < OLD.sequence OR NEW.price < OLD.price OR NEW.ends_at < OLD.ends_at
        OR NEW.extensions < OLD.extensions OR (OLD.sequence > 0 AND NEW.price IS NULL AND OLD.price IS NOT NULL)
        OR (NEW.chain_head <> OLD.chain_head AND NEW.sequence = OLD.sequence) THEN
        RAISE EXCEPTION 'an auction never goes back' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- Who is enrolled by whom for which terms is never edited, nor a number once it is drawn.
CREATE FUNCTION market_keep_enrolment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.auction_id <> OLD.auction_id OR NEW.organisation_id <> OLD.organisation_id
        OR NEW.person_id <> OLD.person_id OR NEW.terms_hash <> OLD.terms_hash
        OR NEW.mandate_id <> OLD.mandate_id OR NEW.waits_second <> OLD.waits_second
        OR (OLD.bidder_number IS NOT NULL AND (NEW.bidder_number IS DISTINCT FROM OLD.bidder_number
            OR NEW.has_priority <> OLD.has_priority OR NEW.status <> OLD.status)) THEN
        RAISE EXCEPTION 'an enrolment is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER auctions_keep BEFORE UPDATE OR DELETE ON auctions
    FOR EACH ROW EXECUTE FUNCTION market_keep_auction();
CREATE TRIGGER auction_enrolments_keep BEFORE UPDATE OR DELETE ON auction_enrolments
    FOR EACH ROW EXECUTE FUNCTION market_keep_enrolment();
"""
DROP_FUNCTIONS = """
DROP TRIGGER auctions_keep ON auctions;
DROP TRIGGER auction_enrolments_keep ON auction_enrolments;
DROP FUNCTION market_keep_auction();
DROP FUNCTION market_keep_enrolment();
DROP FUNCTION auction_bid(uuid, uuid, bigint, boolean, timestamptz, varchar, varchar);
DROP FUNCTION auction_stamp(timestamptz);
"""


def _constraints() -> list[ops.RunSQL]:
    operations = [
        ops.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for name, (table, condition) in CHECKS.items()
    ]
    operations += [
        ops.RunSQL(f"CREATE UNIQUE INDEX {name} ON {table} {columns} WHERE {condition}", f"DROP INDEX {name}")
        for name, (table, columns, condition) in INDEXES.items()
    ]
    operations += [
        ops.RunSQL(
            f"ALTER TABLE auctions ADD CONSTRAINT {name} FOREIGN KEY ({name.removeprefix('auctions_')}_id) "
            "REFERENCES auction_enrolments (id)",
            f"ALTER TABLE auctions DROP CONSTRAINT {name}",
        )
        for name in ("auctions_leader", "auctions_winner")
    ]
    for tables, suffix, function in (
        (APPEND_ONLY, "append_only", "market_append_only"),
        (DECIDED_ONCE, "decide_once", "market_decide_once"),
    ):
        operations += [
            ops.RunSQL(
                f"CREATE TRIGGER {table}_{suffix} BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {function}()",
                f"DROP TRIGGER {table}_{suffix} ON {table}",
            )
            for table in tables
        ]
    return [*operations, ops.RunSQL(FUNCTIONS, DROP_FUNCTIONS)]


class Migration(migrations.Migration):
    dependencies = [("market", "0049_survey_lists")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Auction",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("number", fields.CharField(unique=True, max_length=20)),
                ("status", fields.CharField(default="draft", max_length=24)),
                (
                    "outcome",
                    fields.ForeignKeyField(
                        "market.Outcome",
                        source_field="outcome_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "holder",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="holder_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "organiser",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="organiser_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "created_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="created_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("published_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("return_reason", fields.CharField(default="", max_length=500)),
                (
                    "rerun_of",
                    fields.ForeignKeyField(
                        "market.Auction",
                        source_field="rerun_of_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("title", fields.CharField(max_length=200)),
                ("format", fields.CharField(max_length=24)),
                ("right", fields.CharField(max_length=24)),
                ("years", fields.IntField(null=True)),
                ("territory", fields.CharField(default="", max_length=120)),
                ("start", fields.BigIntField()),
                ("step", fields.BigIntField()),
                ("basis", fields.CharField(default="none", max_length=24)),
                ("reserve_hash", fields.CharField(default="", max_length=64)),
                ("deposit", fields.BigIntField()),
                ("deposit_place", fields.CharField(default="exchange", max_length=24)),
                ("deposit_account", fields.CharField(default="", max_length=200)),
                ("enrol_until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("opens_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("planned_end", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("hard_end", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("window_s", fields.IntField()),
                ("extension_s", fields.IntField()),
                ("min_bidders", fields.IntField()),
                ("priority", fields.CharField(default="none", max_length=24)),
                ("single_rule", fields.CharField(default="fail", max_length=24)),
                ("next_rule", fields.CharField(default="none", max_length=24)),
                ("default_rule", fields.CharField(default="all", max_length=24)),
                ("sign_days", fields.IntField()),
                ("terms_text", fields.TextField(default="", unique=False)),
                ("contact", fields.CharField(default="", max_length=200)),
                ("terms_hash", fields.CharField(default="", max_length=64)),
                ("version", fields.IntField(default=0)),
                ("reserve_sealed", fields.BinaryField(null=True)),
                ("bids_from", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ends_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("last_end", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("last_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("sequence", fields.IntField(default=0)),
                ("price", fields.BigIntField(null=True)),
                ("leader_id", fields.UUIDField(null=True)),
                ("is_equal", fields.BooleanField(default=False)),
                ("extensions", fields.IntField(default=0)),
                ("chain_head", fields.CharField(default="", max_length=64)),
                ("paused_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("fail_reason", fields.CharField(null=True, max_length=24)),
                ("is_reserve_met", fields.BooleanField(null=True)),
                ("winner_id", fields.UUIDField(null=True)),
                ("awarded_amount", fields.BigIntField(null=True)),
                (
                    "deal",
                    fields.ForeignKeyField(
                        "market.Deal",
                        source_field="deal_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sign_by", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "auctions",
                "app": "market",
                "indexes": [
                    Index(fields=["status", "opens_at"]),
                    Index(fields=["outcome_id"]),
                    Index(fields=["holder_id"]),
                    Index(fields=["organiser_id"]),
                ],
                "pk_attr": "id",
                "table_description": "Auctions.",
            },
            bases=["Stateful"],
        ),
        ops.CreateModel(
            name="AuctionPause",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "auction",
                    fields.ForeignKeyField(
                        "market.Auction",
                        source_field="auction_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="pauses",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("after_sequence", fields.IntField()),
                ("paused_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("resumes_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("reason", fields.CharField(default="", max_length=500)),
                (
                    "made_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="made_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "auction_pauses",
                "app": "market",
                "indexes": [Index(fields=["auction_id", "id"])],
                "pk_attr": "id",
                "table_description": "Auction pauses.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AuctionTerms",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "auction",
                    fields.ForeignKeyField(
                        "market.Auction",
                        source_field="auction_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="terms",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("version", fields.IntField()),
                ("content", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("content_hash", fields.CharField(max_length=64)),
                (
                    "published_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="published_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("published_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "auction_terms",
                "app": "market",
                "unique_together": (("auction", "version"),),
                "pk_attr": "id",
                "table_description": "Auction terms.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Enrolment",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "auction",
                    fields.ForeignKeyField(
                        "market.Auction",
                        source_field="auction_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="enrolments",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("status", fields.CharField(default="applied", max_length=24)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "person",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("terms_hash", fields.CharField(max_length=64)),
                (
                    "mandate",
                    fields.ForeignKeyField(
                        "market.StoredFile",
                        source_field="mandate_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("priority_claim", fields.CharField(default="none", max_length=24)),
                ("priority_reason", fields.CharField(default="", max_length=300)),
                ("has_priority", fields.BooleanField(default=False)),
                ("waits_second", fields.BooleanField(default=False)),
                ("bidder_number", fields.SmallIntField(null=True)),
                ("reason", fields.CharField(default="", max_length=300)),
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
                ("applied_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("agreed_next_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("outbid_told_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "auction_enrolments",
                "app": "market",
                "unique_together": (
                    ("auction", "organisation"),
                    ("auction", "person"),
                    ("auction", "bidder_number"),
                ),
                "indexes": [Index(fields=["organisation_id"])],
                "pk_attr": "id",
                "table_description": "Auction enrolments.",
            },
            bases=["Stateful"],
        ),
        ops.CreateModel(
            name="Attempts",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "enrolment",
                    fields.ForeignKeyField(
                        "market.Enrolment",
                        source_field="enrolment_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="attempts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("code", fields.CharField(max_length=24)),
                ("count", fields.IntField()),
                ("last_amount", fields.BigIntField()),
                ("last_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "auction_attempts",
                "app": "market",
                "unique_together": (("enrolment", "code"),),
                "pk_attr": "id",
                "table_description": "Auction attempts.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AuctionRuling",
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
                    "auction",
                    fields.ForeignKeyField(
                        "market.Auction",
                        source_field="auction_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="rulings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("ruling", fields.CharField(max_length=24)),
                (
                    "enrolment",
                    fields.ForeignKeyField(
                        "market.Enrolment",
                        source_field="enrolment_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("amount", fields.BigIntField()),
                ("chain_head", fields.CharField(max_length=64)),
                ("text", fields.CharField(default="", max_length=500)),
            ],
            options={
                "table": "auction_rulings",
                "app": "market",
                "indexes": [Index(fields=["auction_id"])],
                "pk_attr": "id",
                "table_description": "Auction rulings.",
            },
            bases=["SecondPerson"],
        ),
        ops.CreateModel(
            name="BidRow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "auction",
                    fields.ForeignKeyField(
                        "market.Auction",
                        source_field="auction_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bids",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sequence", fields.IntField()),
                (
                    "enrolment",
                    fields.ForeignKeyField(
                        "market.Enrolment",
                        source_field="enrolment_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("amount", fields.BigIntField()),
                ("kind", fields.CharField(max_length=24)),
                ("arrived_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ends_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("form_key", fields.CharField(max_length=64)),
                ("previous_hash", fields.CharField(max_length=64)),
                ("hash", fields.CharField(max_length=64)),
                ("address_hash", fields.CharField(default="", max_length=64)),
            ],
            options={
                "table": "auction_bids",
                "app": "market",
                "unique_together": (("auction", "sequence"), ("enrolment", "form_key")),
                "pk_attr": "id",
                "table_description": "Auction bids.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DepositMovement",
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
                    "enrolment",
                    fields.ForeignKeyField(
                        "market.Enrolment",
                        source_field="enrolment_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="deposits",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("movement", fields.CharField(max_length=24)),
                ("amount", fields.BigIntField()),
                ("voucher", fields.CharField(max_length=80)),
                ("payer", fields.CharField(default="", max_length=120)),
                ("happened_on", fields.DateField()),
            ],
            options={
                "table": "auction_deposits",
                "app": "market",
                "indexes": [Index(fields=["enrolment_id"])],
                "pk_attr": "id",
                "table_description": "Auction deposits.",
            },
            bases=["SecondPerson"],
        ),
        ops.CreateModel(
            name="NumberDraw",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "auction",
                    fields.OneToOneField(
                        "market.Auction",
                        source_field="auction_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="draw",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("chain_head", fields.CharField(max_length=64)),
                ("salt", fields.CharField(max_length=120)),
                ("seed", fields.CharField(max_length=64)),
                ("drawn", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
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
                ("drawn_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "auction_draws",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Auction draws.",
            },
            bases=["Model"],
        ),
        *_constraints(),
    ]
