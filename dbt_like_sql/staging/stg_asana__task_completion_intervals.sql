select * from {{ source('staging', 'task_completion_intervals') }}
