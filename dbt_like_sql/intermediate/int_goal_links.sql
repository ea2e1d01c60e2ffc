-- One row per link of the goal tree, from a goal or portfolio to what supports it; `share` is its part of the whole.
-- Weights are divided by their sum. Where Asana tells none of a goal's weights, all its supporters count alike;
-- a portfolio's projects always do.
with weighed as (
    select
        goal_gid as supported_gid,
        supporting_gid,
        any_value(supporting_type) as supporting_type,
        max(weight) as weight
    from {{ ref('stg_asana__goal_relationships') }}
    where supporting_gid <> goal_gid
    group by goal_gid, supporting_gid
)

select
    supported_gid,
    supporting_gid,
    supporting_type,
    weight,
    case
        when count(weight) over siblings = 0 then 1.0 / count(*) over siblings
        else coalesce(coalesce(weight, 0) / nullif(sum(weight) over siblings, 0), 0)
    end as share
from weighed
window siblings as (partition by supported_gid)

union all

select
    portfolio_gid as supported_gid,
    item_gid as supporting_gid,
    item_type as supporting_type,
    null as weight,
    1.0 / count(*) over (partition by portfolio_gid) as share
from {{ ref('stg_asana__portfolio_items') }}
where item_type = 'project'
