select * from {{ source('staging', 'status_updates') }}
