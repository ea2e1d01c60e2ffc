select * from {{ source('staging', 'task_projects') }}
