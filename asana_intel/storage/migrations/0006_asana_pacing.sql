-- What processes that use the same Asana token share, so that together they keep its limits.
-- token_digest tells server and token apart; the token cannot be found from it. Times are seconds since 1970.
CREATE TABLE asana_pace (
    token_digest text             NOT NULL,
    bucket       text             NOT NULL CHECK (bucket IN ('all', 'search')),
    per_minute   double precision NOT NULL CHECK (per_minute > 0),
    refused_at   double precision CHECK (refused_at > 0),
    next_at      double precision NOT NULL,
    closed_until double precision NOT NULL,
    taught_at    double precision NOT NULL,
    PRIMARY KEY (token_digest, bucket)
);

-- Places in flight that a process holds. A process that dies gives its places back by letting them expire.
CREATE TABLE asana_place (
    token_digest text        NOT NULL,
    holder       text        NOT NULL,
    kind         text        NOT NULL CHECK (kind IN ('read', 'write')),
    places       int         NOT NULL CHECK (places >= 0),
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (token_digest, holder, kind)
);
