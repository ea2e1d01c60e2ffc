"""What a run's narratives took and how they came about, as numbers for the event log; nothing is decided by it."""

from collections import Counter
from collections.abc import Iterable, Mapping

import polars as pl

from asana_intel.narratives.narrate import Writer
from asana_intel.narratives.writers import ModelWriter


def usage_metadata(writer: Writer, texts: Iterable[pl.DataFrame]) -> Mapping[str, int | float | str]:
    """Counts of texts by who wrote them, and of requests, tokens and money where a model was asked.

    Args:
        writer: That wrote them.
        texts: Tables of narratives.
    """
    written = Counter(by for table in texts for by in table["written_by"])
    counts: dict[str, int | float | str] = {f"written_by_{by}": count for by, count in sorted(written.items())}
    if not isinstance(writer, ModelWriter):
        return counts
    usage = writer.usage
    counts |= {
        "model_requests": usage.requests,
        "model_cached": usage.cached,
        "model_input_tokens": usage.input_tokens,
        "model_output_tokens": usage.output_tokens,
        "model_usd": "unknown" if usage.usd is None else usage.usd,
    }
    counts |= {f"unanswered_{reason}": count for reason, count in sorted(usage.unanswered.items())}
    return counts | ({"model_notes": "; ".join(usage.notes)} if usage.notes else {})
