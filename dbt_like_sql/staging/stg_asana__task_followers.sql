select * from {{ source('staging', 'task_followers') }}
