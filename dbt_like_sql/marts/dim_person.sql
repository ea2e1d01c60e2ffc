with first_team as (
    select membership.person_gid, min_by(team.team_gid, team.name) as team_gid, min(team.name) as team_name
    from {{ ref('stg_asana__team_memberships') }} as membership
    join {{ ref('stg_asana__teams') }} as team using (team_gid)
    group by membership.person_gid
),

activity as (
    select person_gid, min(day_on) as first_active_on, max(day_on) as last_active_on
    from {{ ref('int_activity_days') }}
    group by person_gid
),

open_tasks as (
    select assignee_gid as person_gid, count(*) as open_tasks
    from {{ ref('stg_asana__tasks') }}
    where not is_completed
    group by assignee_gid
)

select
    person.person_gid,
    person.name,
    first_team.team_gid,
    first_team.team_name,
    activity.first_active_on,
    activity.last_active_on,
    coalesce(open_tasks.open_tasks, 0) as open_tasks
from {{ ref('stg_asana__users') }} as person
left join first_team using (person_gid)
left join activity using (person_gid)
left join open_tasks using (person_gid)
