-- Every week from a person's first to last activity, empty weeks too: a week without work is a fact.
with span as (
    select
        person_gid,
        cast(date_trunc('week', min(day_on)) as date) as first_week_on,
        cast(date_trunc('week', max(day_on)) as date) as last_week_on
    from {{ ref('int_activity_days') }}
    group by person_gid
),

weeks as (
    select person_gid, cast(unnest(generate_series(first_week_on, last_week_on, interval 7 day)) as date) as week_on
    from span
),

worked as (
    select
        person_gid,
        cast(date_trunc('week', day_on) as date) as week_on,
        cast(sum(cast(hours_logged as decimal(18, 9))) as double) as hours_logged,
        sum(tasks_completed) as tasks_completed
    from {{ ref('int_activity_days') }}
    group by 1, 2
),

off as (
    -- Working days are counted one by one: two entries may cover the same day.
    select
        weeks.person_gid,
        weeks.week_on,
        count(distinct weekday.n) as days_off
    from weeks
    cross join (select unnest(generate_series(0, 4)) as n) as weekday
    join {{ ref('stg_asana__time_off') }} as away
        on away.person_gid = weeks.person_gid
        and weeks.week_on + cast(weekday.n as integer) between away.start_on and away.end_on
    group by 1, 2
)

select
    weeks.person_gid,
    weeks.week_on,
    coalesce(worked.hours_logged, 0) as hours_logged,
    cast(coalesce(worked.tasks_completed, 0) as bigint) as tasks_completed,
    cast(coalesce(off.days_off, 0) as double) as days_off,
    cast(5 - coalesce(off.days_off, 0) as double) as working_days
from weeks
left join worked using (person_gid, week_on)
left join off using (person_gid, week_on)
