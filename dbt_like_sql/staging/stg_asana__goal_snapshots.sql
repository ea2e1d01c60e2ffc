select * from {{ source('staging', 'goal_snapshots') }}
