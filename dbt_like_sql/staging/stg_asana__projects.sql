select * from {{ source('staging', 'projects') }}
