with counted as (
    select
        assignee_user_id as person_gid,
        count(*) filter (not is_completed) as open_tasks,
        count(*) filter (is_completed) as tasks_completed,
        avg(days_since_last_assignment) filter (is_completed) as days,
        avg(cast(hours_since_last_assignment as decimal(18, 9))) filter (is_completed) as hours,
        median(hours_since_last_assignment) filter (is_completed) as median_hours,
        quantile_cont(hours_since_last_assignment, 0.85) filter (is_completed) as p85_hours
    from {{ ref('asana__task') }}
    where assignee_user_id is not null
    group by assignee_user_id
),

working_on as (
    select
        involved.person_gid,
        project.project_gid,
        project.name,
        bool_or(involved.role = 'owner') as is_owner,
        bool_or(involved.has_open_task) as has_open_task
    from {{ ref('int_project_people') }} as involved
    join {{ ref('stg_asana__projects') }} as project using (project_gid)
    where not project.is_archived and (involved.role = 'owner' or involved.has_open_task)
    group by involved.person_gid, project.project_gid, project.name
),

projects as (
    select
        person_gid,
        count(*) filter (is_owner) as owned,
        count(*) filter (has_open_task) as assigned_to,
        string_agg(name, ', ' order by name, project_gid) as names
    from working_on
    group by person_gid
)

select
    person.person_gid as user_id,
    person.name as user_name,
    person.email,
    coalesce(counted.open_tasks, 0) as number_of_open_tasks,
    coalesce(counted.tasks_completed, 0) as number_of_tasks_completed,
    counted.days as avg_close_time_days,
    coalesce(projects.owned, 0) as number_of_projects_owned,
    coalesce(projects.assigned_to, 0) as number_of_projects_currently_assigned_to,
    projects.names as projects_working_on,
    counted.hours as avg_close_time_hours,
    counted.median_hours as median_close_time_hours,
    counted.p85_hours as p85_close_time_hours
from {{ ref('stg_asana__users') }} as person
left join counted using (person_gid)
left join projects using (person_gid)
