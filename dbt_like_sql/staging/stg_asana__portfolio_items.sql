select * from {{ source('staging', 'portfolio_items') }}
