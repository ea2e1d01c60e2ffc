select * from {{ source('staging', 'time_off') }}
