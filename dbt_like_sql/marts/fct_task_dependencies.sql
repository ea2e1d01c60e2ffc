-- When the dependency came is known from its story; without one it counts from the day both tasks were there.
with told as (
    select target_gid as task_gid, dependency_gid as depends_on_gid, max(created_at) as added_at
    from {{ ref('stg_asana__stories') }}
    where subtype = 'dependency_added' and dependency_gid is not null
    group by target_gid, dependency_gid
),

last_opened as (
    select task_gid, max(opened_at) as opened_at
    from {{ ref('fct_task_open_intervals') }}
    where closed_at is null
    group by task_gid
),

linked as (
    select
        link.task_gid,
        link.depends_on_gid,
        not waiting.is_completed and not awaited.is_completed as is_blocking,
        greatest(waiting.created_at, awaited.created_at, told.added_at, opened.opened_at) as blocked_since,
        coalesce(waiting.start_on, waiting.due_on) - awaited.due_on as slack_days
    from {{ ref('stg_asana__task_dependencies') }} as link
    join {{ ref('stg_asana__tasks') }} as waiting on waiting.task_gid = link.task_gid
    join {{ ref('stg_asana__tasks') }} as awaited on awaited.task_gid = link.depends_on_gid
    left join told on told.task_gid = link.task_gid and told.depends_on_gid = link.depends_on_gid
    left join last_opened as opened on opened.task_gid = link.depends_on_gid
)

select
    task_gid,
    depends_on_gid,
    is_blocking,
    case when is_blocking then blocked_since end as blocked_since,
    case when is_blocking then
        greatest(date_diff('second', blocked_since, cast('{{ var("as_of") }}' as timestamptz)), 0) / 3600.0
    end as blocked_hours,
    slack_days
from linked
