"""How the sandbox refuses a request, in the words and status codes of Asana's API. No other errors here."""

from __future__ import annotations

from asana_intel.errors import AsanaIntelError

HELP = (
    "For more information on API status codes and how to handle them, read the docs on errors: "
    "https://developers.asana.com/docs/errors"
)


class ApiError(AsanaIntelError):
    """A refusal that the server answers with.

    Args:
        status: HTTP status code.
        message: Asana's message for it.
        extra: Further members of the body beside `errors`, e.g. a fresh `sync`.
        headers: Headers of the answer, e.g. `Retry-After`.
        code: Asana's word for it in the entry's `error`, for programs; most refusals have none.
    """

    def __init__(
        self,
        status: int,
        message: str,
        extra: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.extra = extra or {}
        self.headers = headers or {}
        self.code = code

    def body(self) -> dict[str, object]:
        """Return the error body: `{"errors": [{"message", "help"}]}`, with `phrase` on a 500."""
        entry = {"message": self.message, "help": HELP}
        if self.code:
            entry["error"] = self.code
        if self.status == 500:
            entry["phrase"] = "6 sad squid snuggle softly"
        return {"errors": [entry], **self.extra}


def missing(name: str) -> ApiError:
    """A required input is not there."""
    return ApiError(400, f"{name}: Missing input")


def unknown(kind: str, gid: object) -> ApiError:
    """No visible object of this kind has this gid."""
    return ApiError(404, f"{kind}: Unknown object: {gid}")


def invalid(name: str, why: str) -> ApiError:
    """An input is there but cannot be taken."""
    return ApiError(400, f"{name}: {why}")
