select * from {{ source('staging', 'portfolios') }}
