-- The protocol of a write: who works on a row, when it may be looked at again, and whose a field is.

ALTER TABLE plan_row
    ADD COLUMN epoch       bigint NOT NULL DEFAULT 0, -- grows with every claim: what an overtaken worker says is void
    ADD COLUMN lease_until timestamptz,               -- until then nobody else claims the row
    ADD COLUMN not_before  timestamptz,               -- until then there is nothing to find out
    ADD COLUMN looks       integer NOT NULL DEFAULT 0 CHECK (looks >= 0), -- looks that found nothing since it was sent
    ADD COLUMN displaced   text,                      -- a person's value that ours replaced, and that goes back
    DROP CONSTRAINT plan_row_state_check,
    ADD CONSTRAINT plan_row_state_check CHECK (state IN
        ('planned', 'sending', 'sent', 'unknown', 'restoring', 'done', 'noop', 'stale', 'failed', 'overridden'));

DROP INDEX plan_row_unresolved;
CREATE INDEX plan_row_unresolved ON plan_row (state) WHERE state IN ('sending', 'sent', 'unknown', 'restoring');
CREATE INDEX plan_row_by_target ON plan_row (target_gid, plan_id, position)
    WHERE state IN ('planned', 'sending', 'sent', 'unknown', 'restoring');

-- Fields we wrote: the value we left there, and whose the field is since somebody changed it.
CREATE TABLE field_owner (
    target_gid   text        NOT NULL CHECK (target_gid ~ '^[0-9]{1,20}$'),
    field        text        NOT NULL,
    last_applied text        NOT NULL,                -- canonical JSON
    owner        text        NOT NULL CHECK (owner IN ('us', 'human')),
    since        timestamptz NOT NULL,
    reason       text        NOT NULL,
    PRIMARY KEY (target_gid, field)
);

CREATE FUNCTION guard_plan_row_states() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.epoch < OLD.epoch THEN
        RAISE EXCEPTION 'row % of plan % was claimed by another worker', OLD.row_key, OLD.plan_id;
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (
        ('planned', 'sending'), ('planned', 'noop'), ('planned', 'stale'), ('planned', 'failed'),
        ('planned', 'overridden'),
        ('sending', 'planned'), ('sending', 'sent'), ('sending', 'unknown'), ('sending', 'failed'),
        ('sending', 'done'), ('sending', 'overridden'), ('sending', 'restoring'),
        ('unknown', 'planned'), ('unknown', 'done'), ('unknown', 'overridden'), ('unknown', 'restoring'),
        ('sent', 'done'), ('sent', 'overridden'), ('sent', 'restoring'),
        ('restoring', 'overridden')) THEN
        RAISE EXCEPTION 'row % of plan % cannot go from % to %', OLD.row_key, OLD.plan_id, OLD.state, NEW.state;
    END IF;
    RETURN NEW;
END $$;

-- After plan_row_guard, which decides by name order whether the row may be sent at all.
CREATE TRIGGER plan_row_guard_states
    BEFORE UPDATE ON plan_row FOR EACH ROW EXECUTE FUNCTION guard_plan_row_states();
