with followed as (
    select
        follower.task_gid,
        count(*) as followers,
        string_agg(person.name, ', ' order by person.name, person.person_gid) as names
    from {{ ref('stg_asana__task_followers') }} as follower
    left join {{ ref('stg_asana__users') }} as person using (person_gid)
    group by follower.task_gid
),

tagged as (
    select link.task_gid, count(*) as tags, string_agg(tag.name, ', ' order by tag.name, tag.tag_gid) as names
    from {{ ref('stg_asana__task_tags') }} as link
    join {{ ref('stg_asana__tags') }} as tag using (tag_gid)
    group by link.task_gid
)

select
    task.task_gid as task_id,
    task.name as task_name,
    task.assignee_gid as assignee_user_id,
    assignee.name as assignee_name,
    assignee.email as assignee_email,
    task.is_completed,
    task.completed_at,
    task.completed_by_gid as completed_by_user_id,
    task.created_at,
    task.modified_at,
    task.start_on as start_date,
    coalesce(task.due_on, cast(task.due_at as date)) as due_date,
    task.notes as task_description,
    task.workspace_gid as workspace_id,
    task.like_count as number_of_likes,
    coalesce(task.permalink_url, 'https://app.asana.com/0/0/' || task.task_gid) as task_link,
    greatest(date_diff('day', life.created_at, life.open_until), 0) as days_open,
    task.assignee_gid is not null as is_currently_assigned,
    life.first_assigned_at is not null as has_been_assigned,
    case when life.last_assigned_at <= life.open_until then
        date_diff('day', life.last_assigned_at, life.open_until)
    end as days_since_last_assignment,
    case when life.first_assigned_at <= life.open_until then
        date_diff('day', life.first_assigned_at, life.open_until)
    end as days_since_first_assignment,
    life.last_assigned_at,
    life.first_assigned_at,
    told.first_author_gid as first_modifier_user_id,
    told.first_author_name as first_modifier_name,
    told.conversation,
    coalesce(told.comments, 0) as number_of_comments,
    followed.names as followers,
    coalesce(followed.followers, 0) as number_of_followers,
    tagged.names as tags,
    coalesce(tagged.tags, 0) as number_of_tags,
    place.project_ids,
    place.project_names,
    place.projects_sections,
    coalesce(place.projects, 0) as number_of_projects,
    task.parent_gid is not null as is_subtask,
    task.parent_gid as parent_task_id,
    parent.name as parent_task_name,
    parent.assignee_gid as parent_assignee_user_id,
    parent_assignee.name as parent_assignee_name,
    coalesce(parent.due_on, cast(parent.due_at as date)) as parent_due_date,
    parent.created_at as parent_created_at,
    life.lifetime_hours as hours_open,
    life.open_hours as net_hours_open,
    life.times_reopened,
    life.hours_since_last_assignment,
    life.hours_since_first_assignment
from {{ ref('stg_asana__tasks') }} as task
join {{ ref('fct_task_lifecycle') }} as life using (task_gid)
left join {{ ref('stg_asana__users') }} as assignee on assignee.person_gid = task.assignee_gid
left join {{ ref('stg_asana__tasks') }} as parent on parent.task_gid = task.parent_gid
left join {{ ref('stg_asana__users') }} as parent_assignee on parent_assignee.person_gid = parent.assignee_gid
left join {{ ref('int_task_conversations') }} as told on told.task_gid = task.task_gid
left join {{ ref('int_task_places') }} as place on place.task_gid = task.task_gid
left join followed on followed.task_gid = task.task_gid
left join tagged on tagged.task_gid = task.task_gid
