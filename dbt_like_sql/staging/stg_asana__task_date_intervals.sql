select * from {{ source('staging', 'task_date_intervals') }}
