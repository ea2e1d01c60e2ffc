-- Projects behind a goal: linked to it or to a goal below it, directly or as items of a linked portfolio.
with linked as (
    select goal_gid, supporting_gid as project_gid
    from {{ ref('stg_asana__goal_relationships') }}
    where supporting_type = 'project'

    union

    select link.goal_gid, item.item_gid as project_gid
    from {{ ref('stg_asana__goal_relationships') }} as link
    join {{ ref('stg_asana__portfolio_items') }} as item
        on item.portfolio_gid = link.supporting_gid and item.item_type = 'project'
    where link.supporting_type = 'portfolio'
)

select tree.ancestor_gid as goal_gid, linked.project_gid, cast(min(tree.depth) as bigint) as depth
from {{ ref('int_goal_tree') }} as tree
join linked on linked.goal_gid = tree.goal_gid
group by tree.ancestor_gid, linked.project_gid
