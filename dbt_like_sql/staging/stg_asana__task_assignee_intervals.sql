select * from {{ source('staging', 'task_assignee_intervals') }}
