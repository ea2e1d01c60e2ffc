select * from {{ source('staging', 'time_entries') }}
