select
    task_gid,
    assignee_gid,
    created_at,
    completed_at,
    cast(date_trunc('week', completed_at) as date) as completed_week_on,
    greatest(date_diff('second', created_at, completed_at), 0) / 86400.0 as cycle_days,
    effort_hours,
    actual_hours,
    cast(date_diff('day', due_on, cast(completed_at as date)) as double) as days_late
from {{ ref('stg_asana__tasks') }}
where is_completed
