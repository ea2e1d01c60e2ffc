select * from {{ source('staging', 'stories') }}
