with waits as (
    select
        task_gid,
        count(*) as depends_on_tasks,
        count(*) filter (is_blocking) as open_blockers,
        min(blocked_since) as blocked_since,
        max(blocked_hours) as blocked_hours,
        min(slack_days) filter (is_blocking) as slack_days
    from {{ ref('fct_task_dependencies') }}
    group by task_gid
),

awaited as (
    select
        depends_on_gid as task_gid,
        count(*) filter (is_blocking) as blocked_tasks,
        min(slack_days) filter (is_blocking) as slack_for_others_days
    from {{ ref('fct_task_dependencies') }}
    group by depends_on_gid
)

select
    task_gid,
    coalesce(waits.open_blockers, 0) > 0 as is_blocked,
    coalesce(waits.depends_on_tasks, 0) as depends_on_tasks,
    coalesce(waits.open_blockers, 0) as open_blockers,
    waits.blocked_since,
    waits.blocked_hours,
    waits.slack_days,
    coalesce(awaited.blocked_tasks, 0) as blocked_tasks,
    awaited.slack_for_others_days
from waits
full join awaited using (task_gid)
