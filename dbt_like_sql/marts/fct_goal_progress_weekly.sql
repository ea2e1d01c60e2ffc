-- The last snapshot of each week; `expected_pct` is the share of the goal's time that had gone by then.
with last_of_week as (
    select
        goal_gid,
        cast(date_trunc('week', snapshot_on) as date) as week_on,
        max(snapshot_at) as snapshot_at,
        max_by(snapshot_on, snapshot_at) as snapshot_on,
        max_by(value, snapshot_at) as value,
        max_by(status, snapshot_at) as status,
        max_by(target_value, snapshot_at) as target_value
    from {{ ref('stg_asana__goal_snapshots') }}
    group by goal_gid, date_trunc('week', snapshot_on)
)

select
    week.goal_gid,
    week.week_on,
    week.snapshot_at,
    week.value,
    week.value - lag(week.value) over (partition by week.goal_gid order by week.week_on) as value_change,
    (week.value - goal.initial_value) / nullif(week.target_value - goal.initial_value, 0) as progress_pct,
    case
        when goal.due_on > goal.start_on then least(greatest(
            date_diff('day', goal.start_on, week.snapshot_on) / cast(date_diff('day', goal.start_on, goal.due_on) as double),
            0
        ), 1)
    end as expected_pct,
    week.status
from last_of_week as week
join {{ ref('stg_asana__goals') }} as goal using (goal_gid)
