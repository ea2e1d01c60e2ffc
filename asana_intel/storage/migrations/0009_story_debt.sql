-- Tasks and goals whose stories are to be read: kept row by row, since a first sync owes those of every task at once.
CREATE TABLE IF NOT EXISTS story_debt (
    gid   text PRIMARY KEY,
    looks integer NOT NULL -- how often they were read again because they seemed to be behind; 0: not read yet
);
INSERT INTO story_debt (gid, looks)
SELECT key, value::integer FROM sync_state, jsonb_each_text(state) WHERE stream = 'story_debt'
ON CONFLICT (gid) DO NOTHING;
DELETE FROM sync_state WHERE stream = 'story_debt';
