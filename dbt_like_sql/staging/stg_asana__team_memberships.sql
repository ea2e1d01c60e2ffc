select * from {{ source('staging', 'team_memberships') }}
