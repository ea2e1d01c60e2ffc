select
    place.project_gid,
    count(*) as tasks_with_due_date,
    count(*) filter (slip.times_slipped > 0) as tasks_slipped,
    count(*) filter (slip.times_slipped > 0) / cast(count(*) as double) as slipped_share,
    cast(sum(slip.times_slipped) as bigint) as times_slipped,
    cast(sum(slip.days_slipped) as bigint) as days_slipped,
    median(slip.net_slip_days) as median_net_slip_days,
    quantile_cont(slip.net_slip_days, 0.85) as p85_net_slip_days,
    count(*) filter (slip.is_completed) as tasks_completed,
    count(*) filter (slip.is_completed and slip.days_late <= 0)
        / cast(nullif(count(*) filter (slip.is_completed), 0) as double) as on_time_share,
    count(*) filter (slip.is_completed and slip.days_late_at_first <= 0)
        / cast(nullif(count(*) filter (slip.is_completed), 0) as double) as on_first_date_share
from {{ ref('fct_task_due_slips') }} as slip
join {{ ref('stg_asana__task_projects') }} as place using (task_gid)
group by place.project_gid
