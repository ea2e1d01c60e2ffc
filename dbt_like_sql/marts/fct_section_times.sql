select
    project_gid,
    section_gid,
    any_value(section_name) as section_name,
    count(*) filter (not is_over) as open_tasks,
    count(*) filter (is_over and open_hours > 0) as stays,
    avg(cast(open_hours as decimal(18, 9))) filter (is_over and open_hours > 0) as avg_open_hours,
    median(open_hours) filter (is_over and open_hours > 0) as median_open_hours,
    quantile_cont(open_hours, 0.85) filter (is_over and open_hours > 0) as p85_open_hours
from {{ ref('fct_task_section_stays') }}
group by project_gid, section_gid
