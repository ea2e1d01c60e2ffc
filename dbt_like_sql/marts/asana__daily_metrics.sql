-- Counts are running sums of openings and closings; ages are days times tasks less the days they began on.
with changes as (
    select
        day_on,
        coalesce(sum(change) filter (measure = 'open'), 0) as opened,
        coalesce(sum(change) filter (measure = 'open_assigned'), 0) as opened_assigned,
        coalesce(sum(change) filter (measure = 'created'), 0) as created,
        coalesce(sum(change) filter (measure = 'completed'), 0) as completed,
        coalesce(sum(change) filter (measure = 'reopened'), 0) as reopened,
        coalesce(sum(change) filter (measure = 'deleted'), 0) as deleted,
        coalesce(sum(change * (aged_from_on - date '1970-01-01')) filter (measure = 'open'), 0) as began,
        coalesce(sum(change * (aged_from_on - date '1970-01-01')) filter (measure = 'open_assigned'), 0)
            as began_assigned
    from {{ ref('int_daily_changes') }}
    group by day_on
),

days as (
    select cast(unnest(generate_series(
        (select min(day_on) from changes), cast('{{ var("as_of") }}' as date), interval 1 day
    )) as date) as day_on
),

running as (
    select
        days.day_on,
        changes.created,
        changes.completed,
        changes.reopened,
        changes.deleted,
        sum(changes.opened) over past as open_tasks,
        sum(changes.opened_assigned) over past as open_assigned,
        sum(changes.began) over past as began,
        sum(changes.began_assigned) over past as began_assigned
    from days
    left join changes using (day_on)
    window past as (order by days.day_on)
)

select
    day_on as date_day,
    cast(open_tasks as bigint) as number_of_tasks_open,
    cast(open_assigned as bigint) as number_of_tasks_open_assigned,
    cast(coalesce(created, 0) as bigint) as number_of_tasks_created,
    cast(coalesce(completed, 0) as bigint) as number_of_tasks_completed,
    (open_tasks * (day_on - date '1970-01-01') - began) / nullif(open_tasks, 0) as avg_days_open,
    (open_assigned * (day_on - date '1970-01-01') - began_assigned) / nullif(open_assigned, 0)
        as avg_days_open_assigned,
    cast(coalesce(reopened, 0) as bigint) as number_of_tasks_reopened,
    cast(coalesce(deleted, 0) as bigint) as number_of_open_tasks_deleted
from running
