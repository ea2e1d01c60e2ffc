with counted as (
    select
        link.tag_gid,
        count(*) filter (not task.is_completed) as open_tasks,
        count(*) filter (not task.is_completed and task.is_currently_assigned) as assigned_open_tasks,
        count(*) filter (task.is_completed) as tasks_completed,
        avg(task.days_open) filter (task.is_completed) as days,
        avg(task.days_since_last_assignment) filter (task.is_completed) as assigned_days,
        avg(cast(task.hours_open as decimal(18, 9))) filter (task.is_completed) as hours,
        median(task.hours_open) filter (task.is_completed) as median_hours,
        quantile_cont(task.hours_open, 0.85) filter (task.is_completed) as p85_hours
    from {{ ref('stg_asana__task_tags') }} as link
    join {{ ref('asana__task') }} as task on task.task_id = link.task_gid
    group by link.tag_gid
)

select
    tag.tag_gid as tag_id,
    tag.name as tag_name,
    tag.created_at,
    coalesce(counted.open_tasks, 0) as number_of_open_tasks,
    coalesce(counted.assigned_open_tasks, 0) as number_of_assigned_open_tasks,
    coalesce(counted.tasks_completed, 0) as number_of_tasks_completed,
    counted.days as avg_days_open,
    counted.assigned_days as avg_days_assigned,
    counted.hours as avg_hours_open,
    counted.median_hours as median_hours_open,
    counted.p85_hours as p85_hours_open
from {{ ref('stg_asana__tags') }} as tag
left join counted using (tag_gid)
