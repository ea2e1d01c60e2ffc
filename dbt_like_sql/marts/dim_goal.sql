with parent as (
    select link.supporting_gid as goal_gid, min(link.goal_gid) as parent_goal_gid
    from {{ ref('stg_asana__goal_relationships') }} as link
    join {{ ref('stg_asana__goals') }} as supported on supported.goal_gid = link.goal_gid
    where link.supporting_type = 'goal'
    group by link.supporting_gid
),

children as (
    select goal_gid, count(*) as supporting_goals
    from {{ ref('stg_asana__goal_relationships') }}
    where supporting_type = 'goal'
    group by goal_gid
),

projects as (
    select goal_gid, count(*) as supporting_projects
    from {{ ref('bridge_goal_project') }}
    group by goal_gid
)

select
    goal.goal_gid,
    goal.name,
    goal.owner_gid,
    goal.team_gid,
    parent.parent_goal_gid,
    goal.is_workspace_level,
    goal.start_on,
    goal.due_on,
    goal.period_name,
    goal.status,
    goal.is_closed,
    goal.unit,
    goal.currency_code,
    goal.precision,
    goal.progress_source,
    goal.is_custom_weight,
    coalesce(
        goal.progress_source = 'manual' or (goal.progress_source = 'external' and goal.can_manage), false
    ) as is_metric_writable,
    goal.initial_value,
    goal.target_value,
    goal.current_value,
    (goal.current_value - goal.initial_value) / nullif(goal.target_value - goal.initial_value, 0) as progress_pct,
    coalesce(projects.supporting_projects, 0) as supporting_projects,
    coalesce(children.supporting_goals, 0) as supporting_goals
from {{ ref('stg_asana__goals') }} as goal
left join parent using (goal_gid)
left join children using (goal_gid)
left join projects using (goal_gid)
