"""Asks a model: cache, caps, breaker, ladder, retries, a checked answer; how a call is made stands in wire.py."""

from asana_intel.narratives.model.request import Answer, Request, Unanswered, Usage
from asana_intel.settings import LlmSettings
from asana_intel.storage.postgres import Database

__all__ = ["Answer", "ModelClient", "Request", "Unanswered", "Usage"]


class ModelClient:
    """Asks the configured model, within its limits.

    Args:
        settings: Model, address, key and limits.
        database: Holds the ledger, the answers and what was learnt of endpoints.
    """

    def __init__(self, settings: LlmSettings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self.usage = Usage()

    def ask(self, request: Request) -> Answer:
        """The model's answer, valid under the request's schema.

        Raises:
            Unanswered: There is none; nothing else is ever raised.
        """
        raise Unanswered("unsupported", "not built yet")
