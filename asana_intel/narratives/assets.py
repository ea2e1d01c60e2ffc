"""Dagster's face of the narratives: the fact sheets, the sentences and the texts of each week."""

from collections.abc import Iterator
from functools import cache

import dagster as dg
import polars as pl

from asana_intel.narratives.narrate import FACTS, SENTENCES, narrate_week
from asana_intel.narratives.narrated import NARRATED
from asana_intel.narratives.privacy import comments as private_comments
from asana_intel.narratives.privacy import roster
from asana_intel.narratives.privacy.comments import WorkspaceComments
from asana_intel.narratives.privacy.roster import roster_of
from asana_intel.narratives.tone.assets import build_signal_assets
from asana_intel.narratives.usage import usage_metadata
from asana_intel.narratives.writers import writer_for
from asana_intel.settings import Settings
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weekly_tables, weeks_of
from asana_intel.storage.sync_log import as_of_week
from asana_intel.storage.tables import TableStore

_ABOUT = {
    FACTS: "Every number and name a narrative may use.",
    SENTENCES: "Every sentence, the facts it states and the objects that prove it.",
    "narratives/goal_progress": "Where each open goal stands, why, and what to do next.",
    "narratives/capacity_causes": "Why a person's coming week is likely too full, and what would help.",
    "narratives/portfolio_report": "The week's report on each portfolio and on the workspace, for its stakeholders.",
    "narratives/alignment_notes": "Where work and goals do not fit together, and what would mend it.",
    "narratives/quarter_retrospective": "What came of the last quarter's goals, why, and how to work next time.",
    "narratives/priority_rationale": "Why each of the first tasks has its place in the ranking, and what moved it.",
}

_SHOWN = {*private_comments.READS, *roster.READS}  # what a model may be shown, or is kept from


def build_narrative_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The narrative assets over the given weekly partitions."""
    keys = (FACTS, SENTENCES, *(narrated.table for narrated in NARRATED))

    @weekly_tables(
        weeks,
        "narratives",
        {key.split("/")[1]: _ABOUT[key] for key in keys},
        sorted({key for n in NARRATED for key in n.reads} | _SHOWN),
        kinds=("polars", "litellm"),
        personal=[key.split("/")[1] for key in keys if CONTRACTS[key].personal_columns],
    )
    def write_narratives(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> Iterator[dg.Output[pl.DataFrame]]:
        """All narrative tables, from one building of the fact sheets."""
        read, told = cache(tables.read), list[dict[str, pl.DataFrame]]()
        comments, names = WorkspaceComments(read), roster_of(read) if settings.llm.model else {}
        writer = writer_for(settings.llm, database, comments, names)  # one a run: it keeps the run's limits
        for week in weeks_of(context):
            comments.until = as_of_week(database, week)
            told.append(narrate_week(read, writer, week, comments.until))
        whole = {key: pl.concat(week[key] for week in told) for key in keys}
        usage = usage_metadata(writer, (whole[narrated.table] for narrated in NARRATED))
        for key in keys:
            metadata = usage if key == "narratives/goal_progress" else None
            yield dg.Output(whole[key], key.split("/")[1], metadata=metadata)

    return [write_narratives, *build_signal_assets(weeks)]
