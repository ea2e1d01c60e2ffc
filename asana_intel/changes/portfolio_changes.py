"""Changes wanted on portfolios: the week's report as a status update. Pure; no stored state."""

from collections.abc import Iterator
from typing import Any

from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.identity import row_marker
from asana_intel.changes.inputs import PlanInputs, PlanRules, Week
from asana_intel.changes.signed import signed

_STANDS = {"on_track": "on track", "at_risk": "at risk", "off_track": "off track"}


def portfolio_status(inputs: PlanInputs, week: Week, rules: PlanRules) -> Iterator[dict[str, Any]]:
    """One status update per portfolio and week: its report; nothing where the settings leave it off.

    The row is the draft: approving it publishes exactly these words. The report on the whole workspace has no portfolio
    to stand on, and stays in the digest.
    """
    if rules.portfolio_status == "off":
        return
    reports, proofs, known = inputs.portfolio_reports, inputs.proofs("portfolio_report"), inputs.known_markers()
    for report in reports.join(inputs.portfolios, on="portfolio_gid", how="semi").sort("portfolio_gid").to_dicts():
        gid, stands = report["portfolio_gid"], _STANDS[report["status_type"]]
        body = {
            "status_type": report["status_type"],
            "title": f"Week of {week.as_of_on.day} {week.as_of_on:%b %Y}: {stands}",
            "text": signed(report, proofs.get(gid, [])),
        }
        row = week.row(
            "status_update", "goals", ("portfolio", gid), "portfolio_status", canonical_object(body),
            f"The week's report on the portfolio, {stands} by the odds of its goals.",
            evidence=[gid], made_by=report["written_by"],
        )  # fmt: skip
        if row_marker(row, week.as_of_on, week.as_of_at) not in known:
            yield row
