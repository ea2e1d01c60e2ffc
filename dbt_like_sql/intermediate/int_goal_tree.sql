-- One row per goal and everything below it in the goal tree, itself included (depth 0). Cycles end at depth 10.
with recursive tree as (
    select goal_gid as ancestor_gid, goal_gid, 0 as depth
    from {{ ref('stg_asana__goals') }}

    union  -- not all: in a mesh of goals the ways to one of them are countless

    select tree.ancestor_gid, link.supporting_gid as goal_gid, tree.depth + 1 as depth
    from tree
    join {{ ref('stg_asana__goal_relationships') }} as link
        on link.goal_gid = tree.goal_gid and link.supporting_type = 'goal'
    where tree.depth < 10
)

select ancestor_gid, goal_gid, min(depth) as depth
from tree
group by ancestor_gid, goal_gid
