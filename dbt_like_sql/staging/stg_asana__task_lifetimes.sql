select * from {{ source('staging', 'task_lifetimes') }}
