-- Hours run to the completion, or to the last sync while a task is open.
with opened as (
    select
        task_gid,
        count(*) filter (is_reopening) as times_reopened,
        count(*) filter (ended_by = 'completed') as times_completed,
        min(closed_at) filter (ended_by = 'completed') as first_completed_at,
        sum(cast(open_hours as decimal(18, 9))) as open_hours
    from {{ ref('fct_task_open_intervals') }}
    group by task_gid
),

assigned as (
    select
        task_gid,
        count(*) as times_assigned,
        count(distinct assignee_gid) as people_assigned,
        min(valid_from) as first_assigned_at,
        max(valid_from) as last_assigned_at
    from {{ ref('stg_asana__task_assignee_intervals') }}
    where assignee_gid is not null
    group by task_gid
),

spans as (
    select
        *,
        case when is_completed then completed_at else cast('{{ var("as_of") }}' as timestamptz) end as open_until
    from {{ ref('stg_asana__tasks') }}
)

select
    task.task_gid,
    task.is_completed,
    task.created_at,
    task.completed_at,
    task.open_until,
    coalesce(opened.first_completed_at, task.completed_at) as first_completed_at,
    greatest(coalesce(opened.times_completed, 0), cast(task.is_completed as bigint)) as times_completed,
    coalesce(opened.times_reopened, 0) as times_reopened,
    greatest(date_diff('second', task.created_at, task.open_until), 0) / 3600.0 as lifetime_hours,
    coalesce(
        cast(opened.open_hours as double), greatest(date_diff('second', task.created_at, task.open_until), 0) / 3600.0
    ) as open_hours,
    coalesce(assigned.times_assigned, 0) as times_assigned,
    coalesce(assigned.people_assigned, 0) as people_assigned,
    assigned.first_assigned_at,
    assigned.last_assigned_at,
    case when assigned.first_assigned_at <= task.open_until then
        date_diff('second', assigned.first_assigned_at, task.open_until) / 3600.0
    end as hours_since_first_assignment,
    case when assigned.last_assigned_at <= task.open_until then
        date_diff('second', assigned.last_assigned_at, task.open_until) / 3600.0
    end as hours_since_last_assignment
from spans as task
left join opened using (task_gid)
left join assigned using (task_gid)
