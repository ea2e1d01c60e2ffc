-- One row per person and day with work: hours logged and tasks done.
-- Hours are added up as decimals, here as everywhere: their sum is the same in whatever order threads bring them.
with logged as (
    select person_gid, entered_on as day_on, sum(cast(hours as decimal(18, 9))) as hours, 0 as tasks
    from {{ ref('stg_asana__time_entries') }}
    where person_gid is not null
    group by person_gid, entered_on
),

done as (
    select assignee_gid as person_gid, cast(completed_at as date) as day_on, 0 as hours, count(*) as tasks
    from {{ ref('stg_asana__tasks') }}
    where is_completed and assignee_gid is not null
    group by assignee_gid, cast(completed_at as date)
)

select
    person_gid,
    day_on,
    cast(sum(hours) as double) as hours_logged,
    cast(sum(tasks) as bigint) as tasks_completed
from (select * from logged union all select * from done)
group by person_gid, day_on
