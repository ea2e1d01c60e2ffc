-- What language models were asked, what it cost, and what is worth remembering of it.

-- Every request, reserved before it is sent and settled after. No prompt and no answer.
CREATE TABLE model_call (
    call_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id          text        NOT NULL,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    model           text        NOT NULL,
    name            text        NOT NULL,               -- what was asked for: the name of the answer's schema
    prompt_version  text        NOT NULL,
    reserved_tokens bigint      NOT NULL CHECK (reserved_tokens >= 0),
    reserved_usd    numeric     CHECK (reserved_usd >= 0),
    input_tokens    bigint      CHECK (input_tokens >= 0),
    output_tokens   bigint      CHECK (output_tokens >= 0),
    usd             numeric     CHECK (usd >= 0),       -- null: unknown, as are tokens
    outcome         text        NOT NULL DEFAULT 'asked',
    -- What caps count: what was used, and what was reserved where that is unknown.
    counted_tokens  bigint      GENERATED ALWAYS AS (coalesce(input_tokens + output_tokens, reserved_tokens)) STORED,
    counted_usd     numeric     GENERATED ALWAYS AS (coalesce(usd, reserved_usd)) STORED
);

CREATE INDEX model_call_by_time ON model_call (at);
CREATE INDEX model_call_by_run ON model_call (run_id);

-- Answers, so that the same question costs nothing twice.
CREATE TABLE model_answer (
    question text        PRIMARY KEY,                   -- hash of facts, prompt version, model and address
    answer   text        NOT NULL,                      -- JSON as it was checked
    at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- How each endpoint must be asked for JSON. `endpoint` is a hash of model and address.
CREATE TABLE model_endpoint (
    endpoint  text        PRIMARY KEY,
    rung      text        NOT NULL CHECK (rung IN ('json_schema', 'json_object', 'prompt')),
    learnt_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
