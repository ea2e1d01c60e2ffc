with placed as (
    select place.project_gid, task.*
    from {{ ref('stg_asana__tasks') }} as task
    join {{ ref('stg_asana__task_projects') }} as place using (task_gid)
),

blocked as (
    select distinct link.task_gid
    from {{ ref('stg_asana__task_dependencies') }} as link
    join {{ ref('stg_asana__tasks') }} as other on other.task_gid = link.depends_on_gid
    where not other.is_completed
),

counts as (
    select
        placed.project_gid,
        count(*) filter (not is_completed) as open_tasks,
        count(*) filter (not is_completed and due_on < cast('{{ var("as_of") }}' as date)) as overdue_tasks,
        count(*) filter (not is_completed and blocked.task_gid is not null) as blocked_tasks,
        count(*) filter (not is_completed and assignee_gid is null) as unassigned_tasks,
        count(*) filter (is_completed and completed_at >= cast('{{ var("as_of") }}' as timestamptz) - interval 28 day) as completed_4w,
        count(*) filter (created_at >= cast('{{ var("as_of") }}' as timestamptz) - interval 28 day) as created_4w,
        median(date_diff('hour', created_at, completed_at) / 24.0) filter (
            is_completed and completed_at >= cast('{{ var("as_of") }}' as timestamptz) - interval 182 day
        ) as median_cycle_days
    from placed
    left join blocked on blocked.task_gid = placed.task_gid
    group by placed.project_gid
)

select
    project.project_gid,
    coalesce(counts.open_tasks, 0) as open_tasks,
    coalesce(counts.overdue_tasks, 0) as overdue_tasks,
    coalesce(counts.blocked_tasks, 0) as blocked_tasks,
    coalesce(counts.unassigned_tasks, 0) as unassigned_tasks,
    coalesce(counts.completed_4w, 0) as completed_4w,
    coalesce(counts.created_4w, 0) as created_4w,
    counts.median_cycle_days,
    counts.open_tasks / nullif(counts.completed_4w / 4.0, 0) as weeks_to_clear
from {{ ref('stg_asana__projects') }} as project
left join counts using (project_gid)
where not project.is_archived
