"""Who has which role, and which role a task asks for; hours are counted in `history`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from asana_intel.insights.work import Read


def roles_of_people(read: Read, role_field: str) -> pl.DataFrame:
    """person_gid, role: the value of a custom field of people, or the name of their team where no field is named.

    A person who has none is not in it. Both are those of the last sync.
    """
    if not role_field:
        return read("marts/dim_person").select("person_gid", role="team_name").drop_nulls().sort("person_gid")
    return field_words(read, "user", role_field).select(person_gid="object_gid", role="word").filter(
        pl.col("role") != ""
    )  # fmt: skip


def field_words(read: Read, kind: str, field: str) -> pl.DataFrame:
    """What a custom field of that name says on objects of a kind (user, task): object_gid, word."""
    return (
        read("staging/custom_field_values")
        .filter(pl.col("object_type") == kind, pl.col("field_name").str.to_lowercase() == field.lower())
        .select("object_gid", word=pl.coalesce("display_value", "text_value").str.strip_chars())
        .drop_nulls()
        .sort("object_gid", "word")
        .unique("object_gid", keep="first", maintain_order=True)
    )


def with_role(tasks: pl.DataFrame, roles: pl.DataFrame) -> pl.DataFrame:
    """Tasks with the role of their assignee; that of nobody asks for the role that has most tasks of its project.

    Args:
        tasks: task_gid, person_gid, project_gid, and others.
        roles: From `roles_of_people`.
    """
    own = tasks.join(roles, on="person_gid", how="left", maintain_order="left")
    usual = (
        own.filter(pl.col("role").is_not_null(), pl.col("project_gid").is_not_null())
        .group_by("project_gid", "role")
        .len()
        .sort("project_gid", "len", "role", descending=[False, True, False])
        .unique("project_gid", keep="first", maintain_order=True)
        .select("project_gid", usual="role")
    )
    of_nobody = pl.when(pl.col("person_gid").is_null()).then("usual")
    return (
        own.join(usual, on="project_gid", how="left", maintain_order="left")
        .with_columns(role=pl.coalesce("role", of_nobody))
        .drop("usual")
    )
