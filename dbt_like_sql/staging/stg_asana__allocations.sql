select * from {{ source('staging', 'allocations') }}
