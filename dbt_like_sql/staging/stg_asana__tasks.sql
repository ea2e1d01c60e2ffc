select * from {{ source('staging', 'tasks') }}
