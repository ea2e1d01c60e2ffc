-- Taking back what was written: only objects that we created can be deleted, and what the sweep found is kept.

INSERT INTO allowed_change (kind, target_type, field) VALUES
    ('delete_object', 'comment', 'created_object'), ('delete_object', 'status_update', 'created_object'),
    ('delete_object', 'task', 'created_object');
CREATE INDEX created_object_by_gid ON created_object (result_gid);

-- Objects of ours that stand beside the one that created_object names: the sweep read our marker and our name on them.
CREATE TABLE created_duplicate (
    object_gid  text        PRIMARY KEY CHECK (object_gid ~ '^[0-9]{1,20}$'),
    object_type text        NOT NULL CHECK (object_type IN ('comment', 'status_update', 'task')),
    marker      text        NOT NULL REFERENCES created_object (marker),
    found_at    timestamptz NOT NULL
);

-- When the sweep looked for a created object, and how many it found.
CREATE TABLE created_look (
    object_gid text        NOT NULL CHECK (object_gid ~ '^[0-9]{1,20}$'), -- as created_object named it then
    due        interval    NOT NULL,                   -- after the last send
    found      integer     NOT NULL CHECK (found >= 0),
    at         timestamptz NOT NULL,
    PRIMARY KEY (object_gid, due)
);
-- What we last wrote to a field, for the daily look at it.
CREATE INDEX plan_row_by_field ON plan_row (target_gid, field, applied_at);

-- Below every program: what is not ours is not deleted, whatever a plan says and whoever approved it.
CREATE FUNCTION guard_delete_object() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'delete_object' AND NEW.state = 'sending' AND OLD.state = 'planned' THEN
        IF NOT EXISTS (SELECT 1 FROM plan p WHERE p.plan_id = NEW.plan_id AND p.purpose IN ('revert', 'repair')) THEN
            RAISE EXCEPTION 'row % of plan % deletes, which only a revert or a repair may', NEW.row_key, NEW.plan_id;
        ELSIF NOT EXISTS (SELECT 1 FROM created_object c WHERE c.result_gid = NEW.target_gid AND (c.kind, NEW.target_type)
                IN (('comment', 'comment'), ('status_update', 'status_update'), ('create_task', 'task')))
          AND NOT EXISTS (SELECT 1 FROM created_duplicate d
                           WHERE d.object_gid = NEW.target_gid AND d.object_type = NEW.target_type) THEN
            RAISE EXCEPTION '% % was not created by us', NEW.target_type, NEW.target_gid;
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_row_guard_undo
    BEFORE UPDATE ON plan_row FOR EACH ROW EXECUTE FUNCTION guard_delete_object();
