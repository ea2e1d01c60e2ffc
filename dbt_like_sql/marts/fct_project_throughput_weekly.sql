with created as (
    select place.project_gid, cast(date_trunc('week', task.created_at) as date) as week_on, count(*) as n
    from {{ ref('stg_asana__tasks') }} as task
    join {{ ref('stg_asana__task_projects') }} as place using (task_gid)
    group by 1, 2
),

done as (
    select place.project_gid, cast(date_trunc('week', task.completed_at) as date) as week_on, count(*) as n
    from {{ ref('stg_asana__tasks') }} as task
    join {{ ref('stg_asana__task_projects') }} as place using (task_gid)
    where task.is_completed
    group by 1, 2
),

logged as (
    select
        project_gid,
        cast(date_trunc('week', entered_on) as date) as week_on,
        cast(sum(cast(hours as decimal(18, 9))) as double) as hours
    from {{ ref('stg_asana__time_entries') }}
    where project_gid is not null
    group by 1, 2
),

weeks as (
    select project_gid, week_on from created
    union select project_gid, week_on from done
    union select project_gid, week_on from logged
)

select
    weeks.project_gid,
    weeks.week_on,
    coalesce(created.n, 0) as tasks_created,
    coalesce(done.n, 0) as tasks_completed,
    coalesce(logged.hours, 0) as hours_logged
from weeks
left join created using (project_gid, week_on)
left join done using (project_gid, week_on)
left join logged using (project_gid, week_on)
