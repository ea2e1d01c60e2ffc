-- Running sums of arrivals and departures. Deleted tasks count until their deletion.
with states as (
    select
        stay.project_gid,
        stay.section_gid,
        completion.is_completed,
        greatest(stay.valid_from, completion.valid_from) as from_at,
        least(stay.valid_to, completion.valid_to) as to_at  -- ignores nulls
    from {{ ref('stg_asana__task_section_intervals') }} as stay
    join {{ ref('stg_asana__task_completion_intervals') }} as completion
        on completion.task_gid = stay.task_gid
        and completion.valid_from < coalesce(stay.valid_to, 'infinity')
        and stay.valid_from < coalesce(completion.valid_to, 'infinity')
),

changes as (
    select project_gid, section_gid, is_completed, cast(date_trunc('week', from_at) as date) as week_on, 1 as change
    from states

    union all

    select project_gid, section_gid, is_completed, cast(date_trunc('week', to_at) as date) as week_on, -1 as change
    from states
    where to_at is not null
),

every_week as (
    select
        project_gid,
        section_gid,
        null as is_completed,
        unnest(generate_series(min(week_on), date_trunc('week', cast('{{ var("as_of") }}' as date)), interval 7 day))
            as week_on,
        0 as change
    from changes
    group by project_gid, section_gid
),

weekly as (
    select
        project_gid,
        section_gid,
        cast(week_on as date) as week_on,
        coalesce(sum(change) filter (not is_completed), 0) as open_change,
        coalesce(sum(change) filter (is_completed), 0) as completed_change
    from (select * from every_week union all select * from changes)
    group by project_gid, section_gid, cast(week_on as date)
)

select
    project_gid,
    section_gid,
    week_on,
    cast(sum(open_change) over past as bigint) as open_tasks,
    cast(sum(completed_change) over past as bigint) as completed_tasks
from weekly
window past as (partition by project_gid, section_gid order by week_on)
