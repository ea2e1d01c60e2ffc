-- The record of a week's writes, as a task in a project of ours.
INSERT INTO allowed_change (kind, target_type, field) VALUES
    ('create_task', 'project', 'audit_record'), ('create_project', 'workspace', 'audit_mirror');
