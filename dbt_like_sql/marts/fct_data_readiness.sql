with open_tasks as (
    select * from {{ ref('stg_asana__tasks') }} where not is_completed
),

open_goals as (
    select * from {{ ref('stg_asana__goals') }} where not is_closed and due_on >= cast('{{ var("as_of") }}' as date)
),

seen as (
    select project_gid as gid from {{ ref('stg_asana__projects') }}
    union all
    select goal_gid from {{ ref('stg_asana__goals') }}
    union all
    select task_gid from {{ ref('stg_asana__tasks') }}
    union all
    select portfolio_gid from {{ ref('stg_asana__portfolios') }}
),

measures as (
    select 'open tasks with an assignee' as measure, count(assignee_gid) as covered, count(*) as total,
        'capacity: whose work it is' as unlocks
    from open_tasks
    union all
    select 'open tasks touched in the last half year', count(*) filter (
        coalesce(modified_at, created_at) >= cast('{{ var("as_of") }}' as date) - 182
    ), count(*), 'capacity: older ones without a due date count as no load' from open_tasks
    union all
    select 'open tasks with a due date', count(due_on), count(*), 'capacity: when the work falls due' from open_tasks
    union all
    select 'open tasks with an effort estimate', count(effort_hours), count(*), 'capacity: hours that are not inferred'
    from open_tasks
    union all
    select 'open goals with a metric', count(target_value), count(*), 'goals: odds' from open_goals
    union all
    select 'open goals with a due date', count(due_on), count(*), 'goals: odds'
    from {{ ref('stg_asana__goals') }} where not is_closed
    union all
    select 'open goals with an owner', count(owner_gid), count(*), 'goals: someone to ask' from open_goals
    union all
    select 'open goals with supporting work', count(*) filter (
        goal_gid in (select goal_gid from {{ ref('bridge_goal_project') }})
    ), count(*), 'goals: evidence and past pace' from open_goals
    union all
    select 'supporters of goals that the token sees', count(*) filter (seen.gid is not null), count(*),
        'goals: what is private is missing from their evidence'
    from {{ ref('stg_asana__goal_relationships') }} as link
    left join seen on seen.gid = link.supporting_gid
    union all
    select 'items of portfolios that the token sees', count(*) filter (seen.gid is not null), count(*),
        'portfolios: what is private is missing from their sums'
    from {{ ref('stg_asana__portfolio_items') }} as item
    left join seen on seen.gid = item.item_gid
    union all
    select 'tasks waited for that the token sees', count(*) filter (seen.gid is not null), count(*),
        'dependencies: whether what blocks is done'
    from {{ ref('stg_asana__task_dependencies') }} as link
    left join seen on seen.gid = link.depends_on_gid
    union all
    select 'people with logged time', count(distinct entry.person_gid), (select count(*) from {{ ref('stg_asana__users') }}),
        'capacity: what a person gets done' from {{ ref('stg_asana__time_entries') }} as entry
)

select measure, covered, total, covered / nullif(total, 0) as share, unlocks
from measures
