-- Runs that failed, for `asana-intel doctor`. What went wrong stands in Dagster's log of the run.
CREATE TABLE run_failure (
    run_id    text PRIMARY KEY,
    job_name  text        NOT NULL,
    failed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
