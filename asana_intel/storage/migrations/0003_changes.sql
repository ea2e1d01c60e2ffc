-- Plans, decisions, gates, what was sent and the audit chain. The rules that no program may get around are
-- triggers here: rows of a plan never change, and a row leaves for Asana only when send_refusal() has no objection.

CREATE TABLE control (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    kill_switch boolean     NOT NULL DEFAULT false, -- true stops every write
    changed_by  text,
    changed_at  timestamptz
);
INSERT INTO control DEFAULT VALUES;

CREATE TABLE plan (
    plan_id        text PRIMARY KEY CHECK (plan_id ~ '^p-[0-9a-f]{8,64}$'),
    plan_hash      text        NOT NULL UNIQUE CHECK (plan_hash ~ '^[0-9a-f]{64}$'),
    purpose        text        NOT NULL CHECK (purpose IN ('weekly', 'setup')),
    as_of_on       date        NOT NULL,
    as_of_at       timestamptz NOT NULL,
    author         text        NOT NULL,
    mode           text        NOT NULL CHECK (mode IN ('observe', 'shadow', 'propose', 'auto')),
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    required_gates text[]      NOT NULL CHECK (cardinality(required_gates) > 0), -- tables that must have passed
    state          text        NOT NULL DEFAULT 'proposed' CHECK (state IN
        ('proposed', 'approved', 'applying', 'applied', 'rejected', 'expired', 'superseded')),
    apply_attempts integer     NOT NULL DEFAULT 0
);
CREATE INDEX plan_by_state ON plan (state, created_at);

CREATE TABLE plan_row (
    plan_id       text        NOT NULL REFERENCES plan,
    row_key       text        NOT NULL CHECK (row_key ~ '^[0-9a-f]{16}$'),
    kind          text        NOT NULL,
    capability    text        NOT NULL,
    target_type   text        NOT NULL,
    target_gid    text        NOT NULL CHECK (target_gid ~ '^[0-9]{1,20}$'),
    field         text,
    old_value     text,                             -- canonical JSON; null = empty
    new_value     text        NOT NULL,
    reason        text        NOT NULL,
    evidence_gids text[],
    confidence    double precision,
    position      integer     NOT NULL,
    decision      text        NOT NULL DEFAULT 'pending' CHECK (decision IN ('pending', 'approved', 'rejected')),
    decided_by    text,
    decided_at    timestamptz,
    state         text        NOT NULL DEFAULT 'planned' CHECK (state IN
        ('planned', 'sending', 'done', 'noop', 'stale', 'failed', 'unknown', 'overridden')),
    attempts      integer     NOT NULL DEFAULT 0,
    pre_read      text,                             -- value read just before the write was sent
    first_sent_at timestamptz,
    last_sent_at  timestamptz,
    result_gid    text,
    error         text,
    applied_at    timestamptz,
    PRIMARY KEY (plan_id, row_key)
);
CREATE INDEX plan_row_unresolved ON plan_row (state) WHERE state IN ('sending', 'unknown');

CREATE TABLE approval (
    approval_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan_id     text        NOT NULL REFERENCES plan,
    plan_hash   text        NOT NULL,               -- the diff that was looked at
    approver    text        NOT NULL,
    decision    text        NOT NULL CHECK (decision IN ('approved', 'rejected')),
    row_keys    text[]      NOT NULL,
    at          timestamptz NOT NULL
);

-- One row per evaluation of one table's suite for one plan; the latest speaks.
CREATE TABLE gate_result (
    gate_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan_hash    text        NOT NULL,
    table_key    text        NOT NULL,
    passed       boolean     NOT NULL,
    row_count    bigint      NOT NULL,
    failed       text[]      NOT NULL,              -- names of the checks that failed as errors
    evaluated_at timestamptz NOT NULL
);
CREATE INDEX gate_result_latest ON gate_result (plan_hash, table_key, evaluated_at DESC, gate_id DESC);

CREATE TABLE write_receipt (
    receipt_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan_id     text        NOT NULL,
    row_key     text        NOT NULL,
    kind        text        NOT NULL,
    target_type text        NOT NULL,
    target_gid  text        NOT NULL,
    field       text,
    old_value   text,
    new_value   text        NOT NULL,
    result_gid  text,
    verified    boolean     NOT NULL,               -- read back and equal
    at          timestamptz NOT NULL,
    UNIQUE (plan_id, row_key),
    FOREIGN KEY (plan_id, row_key) REFERENCES plan_row
);

-- What a marker stands for in Asana, so that the same intent never creates a second object.
CREATE TABLE created_object (
    idem_key   text PRIMARY KEY,
    marker     text        NOT NULL UNIQUE,
    kind       text        NOT NULL,
    target_gid text        NOT NULL,
    result_gid text        NOT NULL,
    plan_id    text        NOT NULL,
    row_key    text        NOT NULL,
    at         timestamptz NOT NULL
);

CREATE TABLE audit (
    seq   bigint PRIMARY KEY,                       -- without gaps: assigned under a lock, not by a sequence
    at    timestamptz NOT NULL,
    actor text        NOT NULL,
    event text        NOT NULL,
    body  jsonb       NOT NULL,
    prev  text        NOT NULL,
    hash  text        NOT NULL UNIQUE
);

CREATE TRIGGER audit_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER approval_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON approval FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER gate_result_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON gate_result FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER write_receipt_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON write_receipt FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Why the gate of a plan hash is closed, or null when it is open. A missing evaluation is a closed gate.
CREATE FUNCTION gate_refusal(wanted_hash text, tables text[], not_before timestamptz) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    wanted text;
    latest gate_result%ROWTYPE;
BEGIN
    FOREACH wanted IN ARRAY tables LOOP
        SELECT * INTO latest FROM gate_result g
         WHERE g.plan_hash = wanted_hash AND g.table_key = wanted
         ORDER BY g.evaluated_at DESC, g.gate_id DESC LIMIT 1;
        IF NOT FOUND THEN
            RETURN format('the quality gate was never evaluated for %s', wanted);
        ELSIF NOT latest.passed THEN
            RETURN format('the quality gate failed for %s: %s', wanted, array_to_string(latest.failed, ', '));
        ELSIF latest.evaluated_at < not_before THEN
            RETURN format('the quality gate of %s is stale: evaluated before the plan was stored', wanted);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- Why nothing of a plan may be sent at an instant, or null when it may.
CREATE FUNCTION send_refusal(wanted_plan text, sent_at timestamptz) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    p       plan%ROWTYPE;
    stopped boolean;
BEGIN
    -- FOR SHARE: once the kill switch has committed, no later send can commit.
    SELECT kill_switch INTO stopped FROM control FOR SHARE;
    IF stopped IS DISTINCT FROM false THEN
        RETURN 'the kill switch is on';
    END IF;
    SELECT * INTO p FROM plan WHERE plan_id = wanted_plan FOR SHARE;
    IF NOT FOUND THEN
        RETURN format('there is no plan %s', wanted_plan);
    ELSIF p.mode NOT IN ('propose', 'auto') THEN
        RETURN format('plan %s was made in mode %s, which writes nothing', wanted_plan, p.mode);
    ELSIF p.state NOT IN ('approved', 'applying') THEN
        RETURN format('plan %s is %s, not approved', wanted_plan, p.state);
    ELSIF sent_at IS NULL OR sent_at >= p.expires_at THEN
        RETURN format('plan %s expired', wanted_plan);
    ELSIF EXISTS (SELECT 1 FROM plan_row r WHERE r.plan_id = wanted_plan AND r.decision = 'approved'
                  AND lower(trim(r.decided_by)) = lower(trim(p.author))) THEN
        RETURN format('plan %s was approved by its own author', wanted_plan);
    END IF;
    RETURN gate_refusal(p.plan_hash, p.required_gates, p.created_at);
END $$;

CREATE FUNCTION guard_plan_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refusal text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'rows of a plan are never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.decision <> 'pending' OR NEW.state <> 'planned' OR NEW.attempts <> 0 THEN
            RAISE EXCEPTION 'a row enters a plan undecided and unsent';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.plan_id, NEW.row_key, NEW.kind, NEW.capability, NEW.target_type, NEW.target_gid, NEW.field, NEW.old_value,
        NEW.new_value, NEW.reason, NEW.evidence_gids, NEW.confidence, NEW.position)
       IS DISTINCT FROM
       (OLD.plan_id, OLD.row_key, OLD.kind, OLD.capability, OLD.target_type, OLD.target_gid, OLD.field, OLD.old_value,
        OLD.new_value, OLD.reason, OLD.evidence_gids, OLD.confidence, OLD.position) THEN
        RAISE EXCEPTION 'row % of plan % is fixed: only its decision and state change', OLD.row_key, OLD.plan_id;
    END IF;
    IF OLD.state IN ('done', 'noop', 'stale', 'failed', 'overridden') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'row % of plan % is %, which is final', OLD.row_key, OLD.plan_id, OLD.state;
    END IF;
    IF NEW.state = 'sending' THEN
        IF OLD.state NOT IN ('planned', 'sending') THEN
            RAISE EXCEPTION 'row % of plan % is %: look before sending again', OLD.row_key, OLD.plan_id, OLD.state;
        END IF;
        IF OLD.state = 'planned' THEN
            IF NEW.decision <> 'approved' OR NEW.decided_by IS NULL THEN
                RAISE EXCEPTION 'row % of plan % is not approved', NEW.row_key, NEW.plan_id;
            END IF;
            refusal := send_refusal(NEW.plan_id, NEW.last_sent_at);
            IF refusal IS NOT NULL THEN
                RAISE EXCEPTION '%', refusal;
            END IF;
        ELSIF NEW.attempts <> OLD.attempts THEN
            RAISE EXCEPTION 'row % of plan % is being sent already', OLD.row_key, OLD.plan_id;
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER plan_row_guard
    BEFORE INSERT OR UPDATE OR DELETE ON plan_row FOR EACH ROW EXECUTE FUNCTION guard_plan_row();

CREATE FUNCTION guard_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'plans are never deleted';
    END IF;
    IF (NEW.plan_id, NEW.plan_hash, NEW.purpose, NEW.as_of_on, NEW.author, NEW.required_gates)
       IS DISTINCT FROM (OLD.plan_id, OLD.plan_hash, OLD.purpose, OLD.as_of_on, OLD.author, OLD.required_gates) THEN
        RAISE EXCEPTION 'plan % is fixed: only its state, mode and dates change', OLD.plan_id;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER plan_guard
    BEFORE UPDATE OR DELETE ON plan FOR EACH ROW EXECUTE FUNCTION guard_plan();
