BEGIN TRANSACTION;
CREATE TABLE acceptances (
    number INTEGER PRIMARY KEY, run_id TEXT NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL,
    accepted_at TEXT NOT NULL
);
INSERT INTO "acceptances" VALUES(1,'20260102-000000-aaaaaa','kim','new rules','2026-11-24T05:38:12.644+00:00');
CREATE TABLE audit_answers (
    number INTEGER PRIMARY KEY, run_id TEXT NOT NULL, position INTEGER NOT NULL, who TEXT NOT NULL,
    is_wrong INTEGER NOT NULL, true_label TEXT NOT NULL, added_at TEXT NOT NULL
);
INSERT INTO "audit_answers" VALUES(1,'20260102-000000-aaaaaa',14,'kim',1,'birch','2026-11-24T05:38:12.653+00:00');
INSERT INTO "audit_answers" VALUES(2,'20260102-000000-aaaaaa',14,'lee',0,'','2026-11-24T05:38:12.653+00:00');
CREATE TABLE audits (
    run_id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, plan TEXT NOT NULL,
    seed INTEGER NOT NULL, changed_at TEXT NOT NULL
);
INSERT INTO "audits" VALUES('20260102-000000-aaaaaa','abc','{"positions": [14, 2, 9, 6, 4], "members": [4, 0, 3, 2, 1], "strata": {"cuts": [0.10526315789473684, 0.21052631578947367, 0.3684210526315789, 0.5789473684210527, 1.0], "sizes": [3, 2, 3, 4, 8], "shares": [0.2608669916446233, 0.12500182440256336, 0.15813612758708012, 0.17755495621136305, 0.27844010015437026], "guesses": [0.49558946582524427, 0.10198710798502153, 0.05280072696726226, 0.025112432575990717, 0.006300651874455037]}, "max_noise_rate": 0.05}',0,'2026-11-24T05:38:12.650+00:00');
CREATE TABLE figures (
    run_id TEXT PRIMARY KEY, accepted INTEGER NOT NULL, figures TEXT NOT NULL
);
INSERT INTO "figures" VALUES('20260101-000000-aaaaaa',1,'{"run_id": "20260101-000000-aaaaaa", "finished_at": "2026-01-01T00:00:01.500+00:00", "n_rows": 300, "rate": 0.02, "low": 0.01, "high": 0.03, "method": "auto", "model": "tabular", "confidence": 0.9, "n_unlabelled": 3, "classes": [{"label": "kätzchen", "rows": 299, "rate": 0.02, "low": 0.01, "high": 0.03}, {"label": "rare", "rows": 0, "rate": null, "low": null, "high": null}], "accepted_by": "", "reason": ""}');
INSERT INTO "figures" VALUES('20260102-000000-aaaaaa',0,'{"run_id": "20260102-000000-aaaaaa", "finished_at": "2026-01-02T00:00:01.500+00:00", "n_rows": 300, "rate": 0.2, "low": 0.1, "high": 0.30000000000000004, "method": "auto", "model": "tabular", "confidence": 0.9, "n_unlabelled": 3, "classes": [{"label": "kätzchen", "rows": 299, "rate": 0.2, "low": 0.1, "high": 0.30000000000000004}, {"label": "rare", "rows": 0, "rate": null, "low": null, "high": null}], "accepted_by": "", "reason": ""}');
CREATE TABLE runs (run_id TEXT NOT NULL, dataset TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT NOT NULL, status TEXT NOT NULL, says TEXT NOT NULL, noise_rate REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL, max_noise_rate REAL NOT NULL, method TEXT NOT NULL, n_rows INTEGER NOT NULL, n_flagged INTEGER NOT NULL, model TEXT NOT NULL, fingerprint TEXT NOT NULL, engine TEXT NOT NULL, version TEXT NOT NULL, PRIMARY KEY (run_id));
INSERT INTO "runs" VALUES('20260101-000000-aaaaaa','Bäume ''n "co"','2026-01-01T00:00:00.000+00:00','2026-01-01T00:00:01.500+00:00','passed','2.0 % of labels are wrong',0.02,0.01,0.03,0.05,'auto',300,6,'tabular','abc','direct','0.1.0');
INSERT INTO "runs" VALUES('20260102-000000-aaaaaa','Bäume ''n "co"','2026-01-02T00:00:00.000+00:00','2026-01-02T00:00:01.500+00:00','failed','2.0 % of labels are wrong',0.2,0.1,3.00000000000000044408e-01,0.05,'auto',300,6,'tabular','abc','direct','0.1.0');
COMMIT;
