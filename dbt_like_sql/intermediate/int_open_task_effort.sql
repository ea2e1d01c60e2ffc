-- One row per open, assigned task: hours left and the days they fall on.
-- Effort that nobody estimated is the median of finished tasks of the same person, else of everyone; it is flagged.
with finished as (
    select assignee_gid, coalesce(nullif(actual_hours, 0), effort_hours) as hours
    from {{ ref('stg_asana__tasks') }}
    where is_completed and coalesce(nullif(actual_hours, 0), effort_hours) > 0
),

by_person as (
    select assignee_gid, median(hours) as hours from finished group by assignee_gid having count(*) >= 5
),

overall as (select median(hours) as hours from finished),

-- Days people usually take from creation to done: the window of tasks without a due date.
pace as (
    select coalesce(median(date_diff('day', created_at, completed_at)), 14) as cycle_days
    from {{ ref('stg_asana__tasks') }}
    where is_completed
)

select
    task.task_gid,
    task.assignee_gid as person_gid,
    task.effort_hours is null as is_inferred,
    greatest(
        coalesce(task.effort_hours, by_person.hours, overall.hours, 4.0) - coalesce(task.actual_hours, 0), 0.5
    ) as hours_left,
    greatest(coalesce(task.start_on, cast('{{ var("as_of") }}' as date)), cast('{{ var("as_of") }}' as date)) as from_on,
    greatest(
        coalesce(
            task.due_on,
            cast('{{ var("as_of") }}' as date) + cast(least(greatest(pace.cycle_days, 5), 56) as integer)
        ),
        coalesce(task.start_on, cast('{{ var("as_of") }}' as date)),
        cast('{{ var("as_of") }}' as date) + 4
    ) as to_on
from {{ ref('stg_asana__tasks') }} as task
cross join overall
cross join pace
left join by_person on by_person.assignee_gid = task.assignee_gid
where not task.is_completed and task.assignee_gid is not null
