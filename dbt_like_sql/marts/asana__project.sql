with counted as (
    select
        place.project_gid,
        count(*) filter (not task.is_completed) as open_tasks,
        count(*) filter (not task.is_completed and task.is_currently_assigned) as assigned_open_tasks,
        count(*) filter (task.is_completed) as tasks_completed,
        avg(task.days_open) filter (task.is_completed) as days,
        avg(task.days_since_last_assignment) filter (task.is_completed) as assigned_days,
        avg(cast(task.hours_open as decimal(18, 9))) filter (task.is_completed) as hours,
        median(task.hours_open) filter (task.is_completed) as median_hours,
        quantile_cont(task.hours_open, 0.85) filter (task.is_completed) as p85_hours,
        median(task.hours_since_last_assignment) filter (task.is_completed) as median_assigned_hours,
        quantile_cont(task.hours_since_last_assignment, 0.85) filter (task.is_completed) as p85_assigned_hours
    from {{ ref('stg_asana__task_projects') }} as place
    join {{ ref('asana__task') }} as task on task.task_id = place.task_gid
    group by place.project_gid
),

people as (
    select
        involved.project_gid,
        count(distinct involved.person_gid) as people,
        string_agg(person.name || ' as ' || involved.role, ', ' order by involved.role, person.name, person.person_gid)
            as names
    from {{ ref('int_project_people') }} as involved
    left join {{ ref('stg_asana__users') }} as person using (person_gid)
    group by involved.project_gid
),

sections as (
    select project_gid, string_agg(name, ', ' order by section_gid) as names
    from {{ ref('stg_asana__sections') }}
    where lower(name) <> '(no section)'
    group by project_gid
)

select
    project.project_gid as project_id,
    project.name as project_name,
    coalesce(counted.open_tasks, 0) as number_of_open_tasks,
    coalesce(counted.assigned_open_tasks, 0) as number_of_assigned_open_tasks,
    coalesce(counted.tasks_completed, 0) as number_of_tasks_completed,
    counted.days as avg_close_time_days,
    counted.assigned_days as avg_close_time_assigned_days,
    coalesce(
        project.permalink_url, 'https://app.asana.com/0/' || project.project_gid || '/' || project.project_gid
    ) as project_link,
    project.team_gid as team_id,
    team.name as team_name,
    project.is_archived,
    project.created_at,
    news.title as current_status,
    project.due_on as due_date,
    project.modified_at as last_modified_at,
    project.owner_gid as owner_user_id,
    people.names as users_involved,
    coalesce(people.people, 0) as number_of_users_involved,
    sections.names as sections,
    project.notes,
    project.privacy_setting = 'public_to_workspace' as is_public,
    counted.hours as avg_close_time_hours,
    counted.median_hours as median_close_time_hours,
    counted.p85_hours as p85_close_time_hours,
    counted.median_assigned_hours as median_close_time_assigned_hours,
    counted.p85_assigned_hours as p85_close_time_assigned_hours,
    news.status_type as current_status_type
from {{ ref('stg_asana__projects') }} as project
left join {{ ref('stg_asana__teams') }} as team using (team_gid)
left join {{ ref('stg_asana__status_updates') }} as news
    on news.status_update_gid = project.current_status_update_gid
left join counted on counted.project_gid = project.project_gid
left join people on people.project_gid = project.project_gid
left join sections on sections.project_gid = project.project_gid
