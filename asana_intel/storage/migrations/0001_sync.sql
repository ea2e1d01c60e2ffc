-- What the sync remembers: one row a run, and the time of Asana's clock that the tables stand at.
CREATE TABLE sync_run (
    sync_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_gid text        NOT NULL,
    asana_url     text        NOT NULL,
    synced_at     timestamptz NOT NULL,             -- server time at the start of the crawl
    finished_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    requests      integer     NOT NULL,
    rows_added    integer     NOT NULL,
    rows_changed  integer     NOT NULL,
    rows_deleted  integer     NOT NULL,
    unavailable   jsonb       NOT NULL DEFAULT '{}' -- resource -> why it could not be read
);
CREATE INDEX sync_run_latest ON sync_run (synced_at DESC, sync_id DESC);

-- Small cursors, such as event tokens, by the name of the stream they belong to.
CREATE TABLE sync_state (
    stream     text PRIMARY KEY,
    state      jsonb       NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
