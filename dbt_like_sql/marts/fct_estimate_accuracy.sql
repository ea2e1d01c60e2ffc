with judged as (
    select 'all' as judged_by, 'all' as judged_gid, * from {{ ref('fct_task_estimates') }}
    union all
    select 'person' as judged_by, assignee_gid as judged_gid, * from {{ ref('fct_task_estimates') }}
    where assignee_gid is not null
    union all
    select 'kind' as judged_by, kind as judged_gid, * from {{ ref('fct_task_estimates') }}
    union all
    select 'project' as judged_by, place.project_gid as judged_gid, estimate.*
    from {{ ref('fct_task_estimates') }} as estimate
    join {{ ref('stg_asana__task_projects') }} as place using (task_gid)
)

select
    judged_by,
    judged_gid,
    count(*) as tasks,
    cast(sum(cast(estimated_hours as decimal(18, 9))) as double) as estimated_hours,
    cast(sum(cast(actual_hours as decimal(18, 9))) as double) as actual_hours,
    cast(sum(cast(actual_hours as decimal(18, 9))) as double)
        / cast(sum(cast(estimated_hours as decimal(18, 9))) as double) as actual_to_estimate,
    median(actual_to_estimate) as median_actual_to_estimate,
    quantile_cont(actual_to_estimate, 0.85) as p85_actual_to_estimate,
    count(*) filter (actual_hours > estimated_hours) / cast(count(*) as double) as overrun_share
from judged
group by judged_by, judged_gid
