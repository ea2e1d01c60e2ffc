-- The week's report on a portfolio, as a status update there.
INSERT INTO allowed_change (kind, target_type, field) VALUES ('status_update', 'portfolio', 'portfolio_status');
