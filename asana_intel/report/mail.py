"""The digest as a page, as plain text and as a mail ready to be sent; nothing is sent, and no figures are made here."""

import re
import textwrap
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from asana_intel import __version__
from asana_intel.report.digest import Digest, one_line
from asana_intel.report.render import environment, write_whole

FORMATS = ("html", "txt", "eml")
_LONGEST_NAME = 120
_PERCENT = re.compile(r"(?<=\d)[ \u202f](?=%)")
_NO_BREAK = "\u00a0"


def digest_html(digest: Digest) -> str:
    """A page that mail programs can show: layout by tables, styles inline, no script and nothing to load."""
    return _rendered("digest.html.j2", digest)


def digest_text(digest: Digest) -> str:
    """The same as plain text, the addresses of the evidence below each text."""
    return _rendered("digest.txt.j2", digest).strip() + "\n"


def digest_mail(digest: Digest) -> bytes:
    """Both as one message (multipart/alternative) without sender and receivers, which mail programs open as a draft."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = digest.subject
    mail["X-Unsent"] = "1"
    if digest.as_of_at is not None:
        mail["Date"] = digest.as_of_at
    mail.set_content(digest_text(digest), cte="quoted-printable")
    mail.add_alternative(digest_html(digest), subtype="html", cte="quoted-printable")
    # Fixed, so that the same week gives the same bytes; "=_" cannot stand in quoted-printable text.
    mail.set_boundary("=_asana-intel-digest")
    return mail.as_bytes()


def digest_in(digest: Digest, form: str) -> bytes:
    """The digest in one of the formats.

    Raises:
        KeyError: There is no such format.
    """
    makers = {"html": lambda: digest_html(digest).encode(), "txt": lambda: digest_text(digest).encode()}
    return (makers | {"eml": lambda: digest_mail(digest)})[form]()


def write_digest(out: Path, digest: Digest, form: str | None = None) -> dict[str, Path]:
    """Write the digest; returns the paths by format.

    Args:
        out: Folder, in which files are called `<week>-digest.<format>`; with one format also the file itself.
        digest: What to write.
        form: One of the formats; None = all of them.
    """
    name = f"{digest.week_on.isoformat() if digest.week_on else 'no-week'}-digest"
    if form is not None and out.suffix == f".{form}":
        return {form: write_whole(out, digest_in(digest, form))}
    return {f: write_whole(out / f"{name}.{f}", digest_in(digest, f)) for f in ([form] if form else FORMATS)}


def _rendered(template: str, digest: Digest) -> str:
    templates = environment()
    templates.filters |= {"short": _short, "plain": one_line, "wrapped": _wrapped}
    return templates.get_template(template).render(d=digest, version=__version__)


def _wrapped(text: str, width: int, indent: str = "") -> str:
    """Lines of a width, all but the first indented; a number stays with its unit."""
    glued = _PERCENT.sub(_NO_BREAK, text)
    return textwrap.fill(glued, width, subsequent_indent=indent).replace(_NO_BREAK, " ")


def _short(name: str) -> str:
    """A name that fits; mails are cut by their programs at about 100 kB."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
