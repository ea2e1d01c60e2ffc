-- The tree is walked level by level and ways that meet are added up, so a mesh of goals costs no more than a tree.
-- Circles end at depth 10, and no goal supports itself.
with recursive tree as (
    select
        link.supported_gid as goal_gid,
        link.supporting_gid,
        link.supporting_type,
        link.weight,
        0 as depth,
        link.share as effective_weight
    from {{ ref('int_goal_links') }} as link
    join {{ ref('stg_asana__goals') }} as goal on goal.goal_gid = link.supported_gid

    union all

    select
        tree.goal_gid,
        link.supporting_gid,
        link.supporting_type,
        null as weight,
        tree.depth + 1 as depth,
        sum(tree.effective_weight * link.share) as effective_weight
    from tree
    join {{ ref('int_goal_links') }} as link
        on link.supported_gid = tree.supporting_gid and link.supporting_gid <> tree.goal_gid
    where tree.depth < 10
    group by tree.goal_gid, link.supporting_gid, link.supporting_type, tree.depth
)

select
    goal_gid,
    supporting_gid,
    min(supporting_type) as supporting_type,
    cast(min(depth) as bigint) as depth,
    max(weight) as weight,
    round(sum(effective_weight), 12) as effective_weight
from tree
group by goal_gid, supporting_gid
