-- Every forecast that was ever shown, frozen. Rows are added, never changed.
CREATE TABLE forecast_ledger (
    forecast_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    goal_gid     text        NOT NULL,
    as_of_on     date        NOT NULL,
    as_of_at     timestamptz NOT NULL,
    start_on     date,
    due_on       date,
    p_attain     double precision NOT NULL CHECK (p_attain BETWEEN 0 AND 1),
    value_p10    double precision,
    value_p50    double precision,
    value_p90    double precision,
    baseline_p   double precision NOT NULL,
    method       text        NOT NULL,
    version      text        NOT NULL,
    inputs       jsonb       NOT NULL,              -- table -> Delta version it was computed from
    row_hash     text        NOT NULL,
    frozen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (goal_gid, as_of_at)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;

CREATE TRIGGER forecast_ledger_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON forecast_ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
