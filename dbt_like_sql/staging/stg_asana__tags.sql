select * from {{ source('staging', 'tags') }}
