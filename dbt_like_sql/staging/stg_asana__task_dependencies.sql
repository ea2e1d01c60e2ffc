select * from {{ source('staging', 'task_dependencies') }}
