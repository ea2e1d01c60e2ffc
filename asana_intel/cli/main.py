"""The program `asana-intel`: its commands by name. What they do lies in the modules beside this one."""

import typer

from asana_intel.cli import authorizing, changing, demo, diagnosing, exporting, reading, serving, setting_up, webhooks

app = typer.Typer(
    help="Forecasts Asana goals and workload, says why with evidence, and writes results back under review.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

START, READ, WRITE = "Start here", "Read and forecast", "Review and write"

app.command("demo", rich_help_panel=START)(demo.demo)
app.command("up", rich_help_panel=START)(serving.up)
app.command("doctor", rich_help_panel=START)(diagnosing.doctor)
app.add_typer(authorizing.auth_app, name="auth", rich_help_panel=START)
app.add_typer(serving.sandbox_app, name="sandbox", rich_help_panel=START)

app.command("sync", rich_help_panel=READ)(reading.sync)
app.command("query", rich_help_panel=READ)(reading.query)
app.command("export", rich_help_panel=READ)(exporting.export)
app.command("forecast", rich_help_panel=READ)(reading.forecast)
app.command("capacity", rich_help_panel=READ)(reading.capacity)
app.command("narrative", rich_help_panel=READ)(reading.narrative)
app.command("scoreboard", rich_help_panel=READ)(reading.scoreboard)
app.command("replay", rich_help_panel=READ)(reading.replay)
app.command("report", rich_help_panel=READ)(reading.report)

app.command("setup", rich_help_panel=WRITE)(setting_up.setup)
app.command("plan", rich_help_panel=WRITE)(changing.plan)
app.command("review", rich_help_panel=WRITE)(changing.review)
app.command("approve", rich_help_panel=WRITE)(changing.approve)
app.command("reject", rich_help_panel=WRITE)(changing.reject)
app.command("apply", rich_help_panel=WRITE)(changing.apply)
app.command("audit", rich_help_panel=WRITE)(changing.audit)
app.add_typer(webhooks.webhook_app, name="webhook", rich_help_panel=WRITE)


if __name__ == "__main__":
    app()
