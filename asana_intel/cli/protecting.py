"""The command evidence-pack: what the product does with data about people, as files. Reads no data about anybody."""

from pathlib import Path
from typing import Annotated

import typer

from asana_intel.cli.output import JsonFlag, command, console, show_json
from asana_intel.cli.workbench import Workbench
from asana_intel.errors import ConfigError

NAME = "evidence-pack"


@command
def evidence_pack(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder to write to; default: HOME/evidence.", file_okay=False)
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """List every feature that uses personal data: purpose, columns, retention, readers, objection. For a DPIA."""
    from asana_intel.protection.pack import evidence_pack as pack_of
    from asana_intel.protection.pack import pack_json, pack_markdown

    settings = Workbench().settings
    pack = pack_of(settings)
    folder = (out or settings.home / "evidence").expanduser()
    files = {"markdown": folder / f"{NAME}.md", "json": folder / f"{NAME}.json"}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files["markdown"].write_text(pack_markdown(pack), encoding="utf-8")
        files["json"].write_text(pack_json(pack), encoding="utf-8")
    except OSError as wrong:
        raise ConfigError(f"{folder} cannot be written: {wrong.strerror}", fix="name another folder") from None
    if as_json:
        show_json({name: str(path) for name, path in files.items()} | {"features": len(pack["features"])})
        return
    near = [feature["name"] for feature in pack["features"] if feature["near_annex_iii_4b"]]
    console.print(f"{len(pack['features'])} features use personal data; {len(near)} come near Annex III 4(b):")
    for name in near:
        console.print(f"  {name}")
    for path in files.values():
        console.print(f"Written: {path}")
