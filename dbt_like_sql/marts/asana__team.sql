-- A task in two projects of a team is one task of the team.
with placed as (
    select distinct project.team_gid, place.task_gid
    from {{ ref('stg_asana__task_projects') }} as place
    join {{ ref('stg_asana__projects') }} as project using (project_gid)
    where project.team_gid is not null
),

counted as (
    select
        placed.team_gid,
        count(*) filter (not task.is_completed) as open_tasks,
        count(*) filter (not task.is_completed and task.is_currently_assigned) as assigned_open_tasks,
        count(*) filter (task.is_completed) as tasks_completed,
        avg(task.days_open) filter (task.is_completed) as days,
        avg(task.days_since_last_assignment) filter (task.is_completed) as assigned_days,
        avg(cast(task.hours_open as decimal(18, 9))) filter (task.is_completed) as hours,
        median(task.hours_open) filter (task.is_completed) as median_hours,
        quantile_cont(task.hours_open, 0.85) filter (task.is_completed) as p85_hours
    from placed
    join {{ ref('asana__task') }} as task on task.task_id = placed.task_gid
    group by placed.team_gid
),

projects as (
    select
        team_gid,
        count(*) filter (not is_archived) as active,
        count(*) filter (is_archived) as archived,
        string_agg(name, ', ' order by name, project_gid) filter (not is_archived) as names
    from {{ ref('stg_asana__projects') }}
    where team_gid is not null
    group by team_gid
)

select
    team.team_gid as team_id,
    team.name as team_name,
    coalesce(counted.open_tasks, 0) as number_of_open_tasks,
    coalesce(counted.assigned_open_tasks, 0) as number_of_assigned_open_tasks,
    coalesce(counted.tasks_completed, 0) as number_of_tasks_completed,
    counted.days as avg_close_time_days,
    counted.assigned_days as avg_close_time_assigned_days,
    coalesce(projects.active, 0) as number_of_active_projects,
    projects.names as active_projects,
    coalesce(projects.archived, 0) as number_of_archived_projects,
    counted.hours as avg_close_time_hours,
    counted.median_hours as median_close_time_hours,
    counted.p85_hours as p85_close_time_hours
from {{ ref('stg_asana__teams') }} as team
left join counted using (team_gid)
left join projects using (team_gid)
