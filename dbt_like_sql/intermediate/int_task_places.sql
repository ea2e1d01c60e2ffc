-- One row per task in a project that is known: its projects and sections, by name. Not every task has a section.
with placed as (
    select
        place.task_gid,
        project.project_gid,
        project.name as project_name,
        project.name || case
            when section.name is null or lower(section.name) = '(no section)' then '' else ': ' || section.name
        end as project_section
    from {{ ref('stg_asana__task_projects') }} as place
    join {{ ref('stg_asana__projects') }} as project using (project_gid)
    left join {{ ref('stg_asana__sections') }} as section using (section_gid)
)

select
    task_gid,
    count(*) as projects,
    string_agg(project_gid, ', ' order by project_name, project_gid) as project_ids,
    string_agg(project_name, ', ' order by project_name, project_gid) as project_names,
    string_agg(project_section, ', ' order by project_name, project_gid) as projects_sections
from placed
group by task_gid
