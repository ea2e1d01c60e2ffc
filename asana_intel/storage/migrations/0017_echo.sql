-- Whom Asana names as the author of what we write, so that our own changes ask for nothing.
CREATE TABLE writer_user (
    user_gid text        PRIMARY KEY CHECK (user_gid ~ '^[0-9]{1,20}$'),
    seen_at  timestamptz NOT NULL
);
