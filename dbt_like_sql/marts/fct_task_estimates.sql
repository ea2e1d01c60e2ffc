select
    task_gid,
    assignee_gid,
    coalesce(subtype, 'default_task') as kind,
    completed_at,
    effort_hours as estimated_hours,
    actual_hours,
    actual_hours - effort_hours as error_hours,
    actual_hours / effort_hours as actual_to_estimate
from {{ ref('stg_asana__tasks') }}
where is_completed and effort_hours > 0 and actual_hours > 0
