"""Asking a language model: the call and all around it (limits, cost, cache, retries); no wording, no judgement."""
