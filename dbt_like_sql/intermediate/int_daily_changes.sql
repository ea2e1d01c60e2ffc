-- One row per change of a count of tasks on a day: +1 when one opens, -1 when it closes, with the day its age runs
-- from.
-- Deleted tasks count until their deletion: a past day reads the same however often it is computed.
with assigned as (
    select
        task_gid, valid_from, valid_to,
        min(valid_from) over (partition by task_gid) as first_assigned_at
    from {{ ref('stg_asana__task_assignee_intervals') }}
    where assignee_gid is not null
),

created as (
    select task_gid, min(valid_from) as created_at from {{ ref('stg_asana__task_lifetimes') }} group by task_gid
),

opened as (
    select opened.*, created.created_at
    from {{ ref('fct_task_open_intervals') }} as opened
    join created using (task_gid)
),

spans as (
    select 'open' as measure, opened_at as from_at, closed_at as to_at, cast(created_at as date) as aged_from_on
    from opened

    union all

    select
        'open_assigned' as measure,
        greatest(opened.opened_at, assigned.valid_from) as from_at,
        least(opened.closed_at, assigned.valid_to) as to_at,  -- ignores nulls
        cast(assigned.first_assigned_at as date) as aged_from_on
    from opened
    join assigned
        on assigned.task_gid = opened.task_gid
        and assigned.valid_from < coalesce(opened.closed_at, 'infinity')
        and opened.opened_at < coalesce(assigned.valid_to, 'infinity')
)

select measure, cast(from_at as date) as day_on, 1 as change, aged_from_on
from spans

union all

select measure, cast(to_at as date) as day_on, -1 as change, aged_from_on
from spans
where to_at is not null

union all

select 'created' as measure, cast(valid_from as date) as day_on, 1 as change, null as aged_from_on
from {{ ref('stg_asana__task_lifetimes') }}

union all

select 'completed' as measure, cast(valid_from as date) as day_on, 1 as change, null as aged_from_on
from {{ ref('stg_asana__task_completion_intervals') }}
where is_completed

union all

select 'reopened' as measure, cast(opened_at as date) as day_on, 1 as change, null as aged_from_on
from opened
where is_reopening

union all

select 'deleted' as measure, cast(closed_at as date) as day_on, 1 as change, null as aged_from_on
from opened
where ended_by = 'deleted'
