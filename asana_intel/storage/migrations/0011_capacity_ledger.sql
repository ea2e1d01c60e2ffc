-- Every person's week that was ever forecast and shown, frozen. Rows are added, never changed.
CREATE TABLE capacity_ledger (
    forecast_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_gid      text        NOT NULL,
    as_of_on        date        NOT NULL,
    as_of_at        timestamptz NOT NULL,
    week_on         date,                               -- null: the total of the horizon
    mean            double precision NOT NULL,
    p10 double precision NOT NULL, p20 double precision NOT NULL, p30 double precision NOT NULL,
    p40 double precision NOT NULL, p50 double precision NOT NULL, p60 double precision NOT NULL,
    p70 double precision NOT NULL, p80 double precision NOT NULL, p90 double precision NOT NULL,
    baseline_mean   double precision NOT NULL,          -- the mean of the last eight weeks
    available_hours double precision,
    assigned_hours  double precision,
    p_overload      double precision CHECK (p_overload BETWEEN 0 AND 1),
    method          text        NOT NULL,
    version         text        NOT NULL,
    inputs          jsonb       NOT NULL,
    row_hash        text        NOT NULL,
    frozen_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE UNIQUE INDEX capacity_ledger_says_once
    ON capacity_ledger (person_gid, as_of_at, coalesce(week_on, '-infinity'::date));

CREATE TRIGGER capacity_ledger_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON capacity_ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
