select * from {{ source('staging', 'sections') }}
