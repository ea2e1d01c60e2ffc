-- How each sync read, what that cost against the least that could do, and the versions of the tables that it left:
-- they stand together with the tokens from which the next one goes on.
ALTER TABLE sync_run
    ADD COLUMN how              text    NOT NULL DEFAULT 'listing', -- events, reconcile, listing or full
    ADD COLUMN minimum_requests integer NOT NULL DEFAULT 0,
    ADD COLUMN told             integer NOT NULL DEFAULT 0,         -- tasks that events told of
    ADD COLUMN lost             integer NOT NULL DEFAULT 0,         -- changed tasks that no event had told of
    ADD COLUMN manifest         jsonb   NOT NULL DEFAULT '{}',      -- raw table -> Delta version
    ADD COLUMN warnings         jsonb   NOT NULL DEFAULT '[]';
