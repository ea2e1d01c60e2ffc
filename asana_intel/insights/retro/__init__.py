"""Sprint retrospectives: what was promised, what was done, why not, and what people wrote about."""
