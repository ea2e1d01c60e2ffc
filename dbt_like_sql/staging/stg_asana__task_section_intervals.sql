select * from {{ source('staging', 'task_section_intervals') }}
