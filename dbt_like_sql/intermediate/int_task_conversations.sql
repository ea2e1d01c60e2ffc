-- One row per task with a story by a known author: who was first, and the comments in the order of time.
with told as (
    select
        story.target_gid as task_gid,
        story.story_gid,
        story.created_at,
        story.author_gid,
        author.name as author_name,
        story.subtype = 'comment_added' as is_comment,
        story.text
    from {{ ref('stg_asana__stories') }} as story
    join {{ ref('stg_asana__tasks') }} as task on task.task_gid = story.target_gid
    left join {{ ref('stg_asana__users') }} as author on author.person_gid = story.author_gid
)

select
    task_gid,
    min_by(author_gid, (created_at, story_gid)) filter (author_gid is not null) as first_author_gid,
    min_by(author_name, (created_at, story_gid)) filter (author_gid is not null) as first_author_name,
    count(*) filter (is_comment) as comments,
    string_agg(
        strftime(created_at, '%Y-%m-%d %H:%M') || ' ' || coalesce(author_name, 'unknown') || ': ' || coalesce(text, ''),
        chr(10) order by created_at, story_gid
    ) filter (is_comment) as conversation
from told
group by task_gid
