select * from {{ source('staging', 'teams') }}
