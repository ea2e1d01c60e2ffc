-- A change counts against the due date before it, also where the date was taken away in between.
with set_dates as (
    select
        task_gid,
        valid_from,
        due_on,
        due_on - lag(due_on) over (partition by task_gid order by valid_from) as days_moved
    from {{ ref('stg_asana__task_date_intervals') }}
    where due_on is not null
),

moves as (
    select
        task_gid,
        min_by(due_on, valid_from) as first_due_on,
        max_by(due_on, valid_from) as last_due_on,
        min(valid_from) as first_due_set_at,
        count(*) filter (days_moved > 0) as times_slipped,
        count(*) filter (days_moved < 0) as times_pulled_in,
        coalesce(sum(days_moved) filter (days_moved > 0), 0) as days_slipped,
        coalesce(-sum(days_moved) filter (days_moved < 0), 0) as days_pulled_in
    from set_dates
    group by task_gid
),

ends as (
    select
        task_gid,
        is_completed,
        cast(case when is_completed then completed_at else cast('{{ var("as_of") }}' as timestamptz) end as date)
            as end_on
    from {{ ref('stg_asana__tasks') }}
)

select
    ends.task_gid,
    ends.is_completed,
    moves.first_due_set_at,
    moves.first_due_on,
    moves.last_due_on,
    moves.times_slipped,
    moves.times_pulled_in,
    cast(moves.days_slipped as bigint) as days_slipped,
    cast(moves.days_pulled_in as bigint) as days_pulled_in,
    moves.last_due_on - moves.first_due_on as net_slip_days,
    case when ends.is_completed or ends.end_on > moves.last_due_on then ends.end_on - moves.last_due_on end
        as days_late,
    case when ends.is_completed or ends.end_on > moves.first_due_on then ends.end_on - moves.first_due_on end
        as days_late_at_first
from ends
join moves using (task_gid)
