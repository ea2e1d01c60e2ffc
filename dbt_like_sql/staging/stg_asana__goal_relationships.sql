select * from {{ source('staging', 'goal_relationships') }}
