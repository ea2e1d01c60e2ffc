-- A forecast is scored by what it claimed: its own target by its own due date. Beside it stand what the owner said
-- then, and what the model said where a simpler rule was shown. The hash of a row covers the row before it.
ALTER TABLE forecast_ledger
    ADD COLUMN kind          text,
    ADD COLUMN initial_value double precision,
    ADD COLUMN target_value  double precision,
    ADD COLUMN owner_p       double precision CHECK (owner_p BETWEEN 0 AND 1),
    ADD COLUMN model_p       double precision CHECK (model_p BETWEEN 0 AND 1);
