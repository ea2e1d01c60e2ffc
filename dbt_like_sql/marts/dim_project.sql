select project_gid, name, team_gid, owner_gid, is_archived, permalink_url
from {{ ref('stg_asana__projects') }}
