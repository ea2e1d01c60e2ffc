select * from {{ source('staging', 'task_tags') }}
