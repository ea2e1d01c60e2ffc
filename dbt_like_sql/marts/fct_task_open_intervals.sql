-- Only what touches follows: a task that was deleted and restored has a gap between, and is neither completed nor
-- reopened by it.
with periods as (
    select
        task_gid,
        is_completed,
        valid_from,
        valid_to,
        source,
        coalesce(lag(is_completed) over turns and lag(valid_to) over turns = valid_from, false) as was_completed,
        coalesce(lead(is_completed) over turns and lead(valid_from) over turns = valid_to, false) as is_completed_next
    from {{ ref('stg_asana__task_completion_intervals') }}
    window turns as (partition by task_gid order by valid_from)
)

select
    task_gid,
    valid_from as opened_at,
    valid_to as closed_at,
    was_completed as is_reopening,
    case when valid_to is not null then case when is_completed_next then 'completed' else 'deleted' end end as ended_by,
    greatest(
        date_diff('second', valid_from, coalesce(valid_to, cast('{{ var("as_of") }}' as timestamptz))), 0
    ) / 3600.0 as open_hours,
    source
from periods
where not is_completed
