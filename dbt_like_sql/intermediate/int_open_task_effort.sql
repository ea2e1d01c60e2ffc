-- One row per open, assigned task: hours left and the days they fall on.
-- Work without a due date counts evenly over eight weeks; what nobody touched for half a year is no load.
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

today as (select cast('{{ var("as_of") }}' as date) as day_on)

select
    task.task_gid,
    task.assignee_gid as person_gid,
    task.effort_hours is null as is_inferred,
    greatest(
        coalesce(task.effort_hours, by_person.hours, overall.hours, 4.0) - coalesce(task.actual_hours, 0), 0.5
    ) as hours_left,
    greatest(coalesce(task.start_on, today.day_on), today.day_on) as from_on,
    greatest(
        coalesce(task.due_on, greatest(coalesce(task.start_on, today.day_on), today.day_on) + 55),
        coalesce(task.start_on, today.day_on),
        today.day_on + 4,  -- what is overdue or due at once is this week's work
        -- Work planned for a weekend alone is done on the Monday after.
        task.start_on + case isodow(task.start_on) when 6 then 2 when 7 then 1 else 0 end
    ) as to_on
from {{ ref('stg_asana__tasks') }} as task
cross join overall
cross join today
left join by_person on by_person.assignee_gid = task.assignee_gid
where
    not task.is_completed
    and task.assignee_gid is not null
    and (task.due_on >= today.day_on - 182 or coalesce(task.modified_at, task.created_at) >= today.day_on - 182)
