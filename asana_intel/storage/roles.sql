-- Who may do what in the ledger, in one place; run after the migrations, as often as one likes. The program takes these
-- roles for each kind of work (`Database.transaction(role=...)`). Where its user may not create roles there are none.
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['planner', 'approver', 'worker', 'auditor'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE asana_intel_%s NOLOGIN', role);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
        IF NOT pg_has_role(current_user, 'asana_intel_' || role, 'MEMBER') THEN
            EXECUTE format('GRANT asana_intel_%s TO %I', role, current_user);
        END IF;
        EXECUTE format('GRANT USAGE ON SCHEMA asana_intel TO asana_intel_%s', role);
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA asana_intel TO asana_intel_%s', role);
    END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'asana_intel_worker') THEN
        RETURN;
    END IF;
    GRANT INSERT ON audit TO asana_intel_planner, asana_intel_approver, asana_intel_worker;
    -- A planner proposes, and may ask again; what a person must decide it cannot decide: the approvals are not its own.
    GRANT INSERT ON plan, plan_row, gate_result, known_object TO asana_intel_planner;
    GRANT UPDATE ON known_object TO asana_intel_planner;
    GRANT UPDATE (state, mode, created_at, expires_at, approvals_needed) ON plan TO asana_intel_planner;
    GRANT UPDATE (decision, decided_by, decided_at) ON plan_row TO asana_intel_planner, asana_intel_approver;
    GRANT INSERT ON created_duplicate, created_look TO asana_intel_planner;
    GRANT INSERT, DELETE ON scenario TO asana_intel_planner;
    GRANT INSERT ON approval, review_answer, triage_answer TO asana_intel_approver;
    GRANT UPDATE (state) ON plan TO asana_intel_approver;
    -- A worker says how far a row got, and nothing else.
    GRANT UPDATE (state, attempts, pre_read, first_sent_at, last_sent_at, result_gid, error, applied_at, epoch,
                  lease_until, not_before, looks, displaced) ON plan_row TO asana_intel_worker;
    GRANT UPDATE (state, apply_attempts) ON plan TO asana_intel_worker;
    GRANT INSERT ON write_receipt, created_object, writer_user TO asana_intel_worker;
    GRANT UPDATE ON writer_user TO asana_intel_worker;
    GRANT UPDATE (result_gid, plan_id, row_key, at) ON created_object TO asana_intel_worker;
    GRANT INSERT, UPDATE, DELETE ON field_owner TO asana_intel_worker;
    GRANT INSERT, UPDATE, DELETE ON alert_sent TO asana_intel_worker;
END $$;
