-- Sprint retros as review tasks.

INSERT INTO allowed_change (kind, target_type, field) VALUES ('create_task', 'project', 'sprint_retro');
