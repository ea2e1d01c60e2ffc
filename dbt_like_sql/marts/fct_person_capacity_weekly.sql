-- A working day has eight hours. An allocation in hours means hours a week, five days of it; one in percent is a part
-- of the working day. Allocations fall on working days, days off too: what was promised for them is the gap.
with off as (
    -- Days are counted one by one: two entries may cover the same day.
    select week.person_gid, week.week_on, count(distinct weekday.n) as days
    from {{ ref('int_person_weeks') }} as week
    cross join (select unnest(generate_series(0, 4)) as n) as weekday
    join {{ ref('stg_asana__time_off') }} as away
        on away.person_gid = week.person_gid
        and week.week_on + cast(weekday.n as integer) between greatest(away.start_on, week.from_on) and away.end_on
    group by week.person_gid, week.week_on
),

promised as (
    select
        week.person_gid,
        week.week_on,
        sum(
            (least(week.to_on, allocation.end_on) - greatest(week.from_on, allocation.start_on) + 1)
            * case allocation.effort_type
                when 'hours' then allocation.effort_value / 5
                when 'percent' then allocation.effort_value / 100 * 8
                else 0
            end
        ) as hours
    from {{ ref('int_person_weeks') }} as week
    join {{ ref('stg_asana__allocations') }} as allocation
        on allocation.person_gid = week.person_gid
        and greatest(week.from_on, allocation.start_on) <= least(week.to_on, allocation.end_on)
    group by week.person_gid, week.week_on
),

weekly as (
    select
        week.person_gid,
        week.week_on,
        8.0 * week.working_days as working_hours,
        8.0 * coalesce(off.days, 0) as off_hours,
        8.0 * (week.working_days - coalesce(off.days, 0)) as available_hours,
        coalesce(promised.hours, 0) as allocated_hours,
        coalesce(assigned.assigned_hours, 0) as assigned_hours
    from {{ ref('int_person_weeks') }} as week
    left join off using (person_gid, week_on)
    left join promised using (person_gid, week_on)
    left join {{ ref('fct_person_assigned_weekly') }} as assigned using (person_gid, week_on)
)

select
    person_gid,
    week_on,
    cast(working_hours as double) as working_hours,
    cast(off_hours as double) as off_hours,
    cast(available_hours as double) as available_hours,
    allocated_hours,
    assigned_hours,
    available_hours - allocated_hours as unallocated_hours,
    allocated_hours - assigned_hours as allocated_without_tasks_hours,
    available_hours - assigned_hours as free_hours,
    allocated_hours / nullif(available_hours, 0) as allocated_pct,
    assigned_hours / nullif(available_hours, 0) as assigned_pct
from weekly
