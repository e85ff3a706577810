BEGIN TRANSACTION;
CREATE TABLE runs (run_id TEXT NOT NULL, dataset TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT NOT NULL, status TEXT NOT NULL, says TEXT NOT NULL, noise_rate REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL, max_noise_rate REAL NOT NULL, method TEXT NOT NULL, n_rows INTEGER NOT NULL, n_flagged INTEGER NOT NULL, model TEXT NOT NULL, fingerprint TEXT NOT NULL, engine TEXT NOT NULL, version TEXT NOT NULL, PRIMARY KEY (run_id));
INSERT INTO "runs" VALUES('20260101-000000-aaaaaa','clean','2026-01-01T00:00:00.000+00:00','2026-01-01T00:00:01.000+00:00','passed','2.0 % of labels are wrong',0.02,0.01,0.03,0.05,'auto',300,6,'tabular','abc','direct','0.1.0');
INSERT INTO "runs" VALUES('20260102-000000-aaaaaa','clean','2026-01-02T00:00:00.000+00:00','2026-01-02T00:00:01.000+00:00','failed','2.0 % of labels are wrong',0.2,0.1,3.00000000000000044408e-01,0.05,'auto',300,6,'tabular','abc','direct','0.1.0');
COMMIT;
