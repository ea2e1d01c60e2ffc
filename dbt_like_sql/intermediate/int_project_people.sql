-- One row per project, person and role: its owner, and everyone with a task in it.
with assigned as (
    select
        place.project_gid,
        task.assignee_gid as person_gid,
        bool_or(not task.is_completed) as has_open_task
    from {{ ref('stg_asana__task_projects') }} as place
    join {{ ref('stg_asana__tasks') }} as task using (task_gid)
    where task.assignee_gid is not null
    group by place.project_gid, task.assignee_gid
)

select project_gid, owner_gid as person_gid, 'owner' as role, false as has_open_task
from {{ ref('stg_asana__projects') }}
where owner_gid is not null

union all

select project_gid, person_gid, 'task assignee' as role, has_open_task
from assigned
