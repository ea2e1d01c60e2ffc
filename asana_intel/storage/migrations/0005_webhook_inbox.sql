-- Where Asana may push to, and what it pushed until a run has taken it up. The paths' tokens are not kept, only their
-- SHA-256; the secrets are sealed with a key that is not in the database.
CREATE TABLE webhook_endpoint (
    endpoint_id    text PRIMARY KEY CHECK (endpoint_id ~ '^[0-9a-f]{64}$'),
    resource_gid   text        NOT NULL CHECK (resource_gid ~ '^[0-9]{1,20}$'),
    opened_at      timestamptz NOT NULL,
    open_until     timestamptz NOT NULL,           -- a handshake is accepted before this, and only once
    sealed_secret  bytea,                          -- null until the handshake
    webhook_gid    text,                           -- Asana's name for it, once it is known
    heard_at       timestamptz,                    -- latest delivery, heartbeats included
    refused        integer     NOT NULL DEFAULT 0  -- deliveries whose signature was wrong
);

CREATE TABLE webhook_delivery (
    delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id text        NOT NULL REFERENCES webhook_endpoint ON DELETE CASCADE,
    digest      text        NOT NULL,              -- SHA-256 of the body: the same delivery again changes nothing
    events      jsonb       NOT NULL,              -- as Asana sent them: gids, types, times, no names
    received_at timestamptz NOT NULL,
    taken_at    timestamptz,                       -- when the sensor had kept what follows from it
    UNIQUE (endpoint_id, digest)
);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (delivery_id) WHERE taken_at IS NULL;
