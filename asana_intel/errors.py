"""Errors, named by what the caller should do next. Every stage raises these; nothing else belongs here.

| raise                 | when                                                     | the caller should           |
|-----------------------|----------------------------------------------------------|-----------------------------|
| `ConfigError`         | a setting, flag or file is missing or wrong              | mend it, then run again     |
| `RetriableError`      | the outside world failed and may work in a moment        | wait, then run again        |
| `SkippableError`      | one object or stream is not available to us              | note it and go on           |
| `PermanentError`      | the same call will fail the same way                     | stop and read the message   |
| `UnknownOutcomeError` | a write left us and no answer came back                  | look before sending again   |
| `RefusedError`        | a safety rule forbids the action (gate, mode, approval)  | satisfy the rule            |
"""


class AsanaIntelError(Exception):
    """Base of all our errors: a message that names the thing, and how to mend it.

    Args:
        message: What is wrong, naming the row, field or setting.
        fix: What the reader can do about it; shown on its own line.
    """

    exit_code = 1

    def __init__(self, message: str, *, fix: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message} (fix: {self.fix})" if self.fix else self.message


class ConfigError(AsanaIntelError):
    """A setting, flag or file is missing or wrong."""


class RetriableError(AsanaIntelError):
    """The outside world failed and may work in a moment.

    Args:
        message: What failed.
        retry_after_s: Seconds the server asked us to wait, where it said so.
        fix: What the reader can do.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None, fix: str | None = None) -> None:
        super().__init__(message, fix=fix)
        self.retry_after_s = retry_after_s


class SkippableError(AsanaIntelError):
    """One object or stream is not available to us (plan, rights, deleted meanwhile); the rest is."""


class PermanentError(AsanaIntelError):
    """The same call will fail the same way; retrying cannot help."""


class UnknownOutcomeError(AsanaIntelError):
    """A write left us and no usable answer came back: it may or may not have happened. Look before sending again."""


class RefusedError(AsanaIntelError):
    """A safety rule forbids the action; the message names the rule."""
