-- Turns that nobody took in time, as seconds at the even pace; below zero where a little more was made up than missed.
ALTER TABLE asana_pace ADD COLUMN owed_s double precision NOT NULL DEFAULT 0;
