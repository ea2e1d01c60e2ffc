-- What the writers of the settings may write: fields of priorities and of people's load, alerts of overload, the weekly
-- words as a comment; and which alerts were posted.
INSERT INTO allowed_change (kind, target_type, field)
SELECT k, t, f FROM (VALUES
    ('create_custom_field', 'workspace'), ('attach_custom_field', 'project')) AS place (k, t),
    (VALUES ('ai_priority_score'), ('ai_priority_rationale'), ('ai_confidence'), ('ai_recommended_sprint'),
            ('recommended_assignee'), ('suggested_priority'), ('ai_capacity_forecast')) AS ours (f)
UNION ALL VALUES
    ('set_field', 'user', 'ai_capacity_forecast'), ('set_field', 'task', 'ai_capacity_forecast'),
    ('create_task', 'user', 'capacity_alert'), ('create_task', 'user', 'capacity_forecast'),
    ('create_project', 'workspace', 'capacity_review'), ('create_project', 'workspace', 'capacity_planning'),
    ('comment', 'goal', 'weekly_status');

-- An alert is posted once: its key is kept before the request leaves, and given back only if nothing arrived.
CREATE TABLE alert_sent (
    alert_key  text        PRIMARY KEY,
    kind       text        NOT NULL,
    claimed_at timestamptz NOT NULL,
    sent_at    timestamptz
);
