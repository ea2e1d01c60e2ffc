-- Open effort spread evenly over the working days of its window, eight weeks ahead.
with weeks as (
    select cast(unnest(generate_series(
        date_trunc('week', cast('{{ var("as_of") }}' as date)),
        date_trunc('week', cast('{{ var("as_of") }}' as date)) + interval 49 day,
        interval 7 day
    )) as date) as week_on
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
        -- Working days of the whole window: five a full week, and the days of the broken weeks at its ends.
        (
            select count(*)
            from generate_series(effort.from_on, effort.to_on, interval 1 day) as d(day_on)
            where isodow(d.day_on) <= 5
        ) as days_all
    from {{ ref('int_open_task_effort') }} as effort
    join weeks on weeks.week_on <= effort.to_on and weeks.week_on + 4 >= effort.from_on
)

select
    person_gid,
    week_on,
    sum(hours_left * days_here / greatest(days_all, 1)) as assigned_hours,
    sum(case when is_inferred then hours_left * days_here / greatest(days_all, 1) else 0 end) as inferred_hours,
    count(distinct task_gid) as open_tasks
from spread
where days_here > 0
group by person_gid, week_on
