with timed as (
    select
        stay.task_gid,
        stay.project_gid,
        any_value(stay.section_gid) as section_gid,
        stay.valid_from as entered_at,
        any_value(stay.valid_to) as left_at,
        any_value(stay.source) as source,
        sum(greatest(date_diff(
            'second',
            greatest(stay.valid_from, opened.opened_at),
            least(stay.valid_to, opened.closed_at, cast('{{ var("as_of") }}' as timestamptz))  -- ignores nulls
        ), 0)) filter (opened.opened_at is not null) / 3600.0 as open_hours
    from {{ ref('stg_asana__task_section_intervals') }} as stay
    left join {{ ref('fct_task_open_intervals') }} as opened
        on opened.task_gid = stay.task_gid
        and opened.opened_at < coalesce(stay.valid_to, 'infinity')
        and stay.valid_from < coalesce(opened.closed_at, 'infinity')
    group by stay.task_gid, stay.project_gid, stay.valid_from
)

select
    timed.task_gid,
    timed.project_gid,
    timed.section_gid,
    section.name as section_name,
    timed.entered_at,
    timed.left_at,
    timed.left_at is not null or task.is_completed as is_over,
    greatest(
        date_diff('second', timed.entered_at, coalesce(timed.left_at, cast('{{ var("as_of") }}' as timestamptz))), 0
    ) / 3600.0 as stay_hours,
    coalesce(timed.open_hours, 0) as open_hours,
    timed.source
from timed
join {{ ref('stg_asana__tasks') }} as task using (task_gid)
left join {{ ref('stg_asana__sections') }} as section using (section_gid)
