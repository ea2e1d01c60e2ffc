-- Open effort spread evenly over the working days of its window, eight weeks ahead.
with weeks as (
    select cast(unnest(generate_series(
        date_trunc('week', cast('{{ var("as_of") }}' as date)),
        date_trunc('week', cast('{{ var("as_of") }}' as date)) + interval 49 day,
        interval 7 day
    )) as date) as week_on
),

windows as (
    -- Days from a Monday long ago to the day before the window and to its last day.
    select *, from_on - 1 - date '1970-01-05' as day_before, to_on - date '1970-01-05' as last_day
    from {{ ref('int_open_task_effort') }}
),

spread as (
    select
        effort.person_gid,
        effort.task_gid,
        effort.is_inferred,
        weeks.week_on,
        effort.hours_left,
        greatest(
            date_diff('day', greatest(effort.from_on, weeks.week_on), least(effort.to_on, weeks.week_on + 4)) + 1, 0
        ) as days_here,
        -- Working days of the whole window: those up to its end less those before it, five a full week.
        last_day // 7 * 5 + least(last_day % 7 + 1, 5) - day_before // 7 * 5 - least(day_before % 7 + 1, 5) as days_all
    from windows as effort
    join weeks on weeks.week_on <= effort.to_on and weeks.week_on + 4 >= effort.from_on
),

shares as (
    select
        person_gid,
        task_gid,
        week_on,
        is_inferred,
        cast(hours_left * days_here / greatest(days_all, 1) as decimal(18, 9)) as hours
    from spread
    where days_here > 0
)

select
    person_gid,
    week_on,
    cast(sum(hours) as double) as assigned_hours,
    cast(coalesce(sum(hours) filter (is_inferred), 0) as double) as inferred_hours,
    count(distinct task_gid) as open_tasks
from shares
group by person_gid, week_on
