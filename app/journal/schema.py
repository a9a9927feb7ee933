"""The tables, and how an older file becomes a present one.

`PRAGMA user_version` counts the migrations that a file has been through; each is applied in one transaction with its
number, so that a crash in between leaves the older version whole. Times are UTC in ISO 8601 with microseconds (equal
length, so that text order is time order).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

    from app.orchestrator.origin import Origin

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        # GUIDs compare without case: the same job must be recognised however its letters are written.
        """CREATE TABLE jobs (
            id INTEGER PRIMARY KEY,
            guid TEXT NOT NULL COLLATE NOCASE UNIQUE,
            name TEXT NOT NULL,
            process_version_guid TEXT NOT NULL,
            mark TEXT NOT NULL,
            started_at TEXT NOT NULL,
            log_file TEXT NOT NULL,
            pid INTEGER,
            created_at REAL,
            ended_at TEXT,
            status INTEGER,
            exit_code INTEGER,
            reason TEXT NOT NULL DEFAULT '',
            last_line TEXT NOT NULL DEFAULT ''
        )""",
        "CREATE INDEX unfinished ON jobs(id) WHERE status IS NULL",
        # AUTOINCREMENT: an id is never given to another row, so a late answer about a dropped row hits nothing.
        """CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            job_guid TEXT NOT NULL COLLATE NOCASE REFERENCES jobs(guid),
            status INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            last_error TEXT NOT NULL DEFAULT '',
            refused INTEGER NOT NULL DEFAULT 0
        )""",
        "CREATE INDEX outbox_by_job ON outbox(job_guid)",
    ),
    (
        # Whose a job is. The first origin is that of every job from before there were origins: whoever opens the file
        # first with an origin names it (`name_first_origin`).
        "CREATE TABLE origins (id INTEGER PRIMARY KEY, host TEXT NOT NULL, fingerprint TEXT NOT NULL)",
        "INSERT INTO origins(id, host, fingerprint) VALUES (1, '', '')",
        "ALTER TABLE jobs ADD COLUMN origin INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE jobs ADD COLUMN discarded INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX jobs_by_start ON jobs(started_at)",  # for the history
        "ALTER TABLE outbox RENAME COLUMN refused TO dead",
        "ALTER TABLE outbox ADD COLUMN refused_at TEXT",
        "ALTER TABLE outbox ADD COLUMN doubtful_until TEXT",
        "ALTER TABLE outbox ADD COLUMN confirming INTEGER NOT NULL DEFAULT 0",
        # The id of the "In progress" that an outcome took the place of: what becomes known of its last attempt only
        # later is the outcome's business.
        "ALTER TABLE outbox ADD COLUMN supersedes INTEGER",
    ),
    (
        # What scripts asked to be changed. AUTOINCREMENT: as above. The index holds three values, so that a salvage
        # doesn't take its entries for those of the outbox.
        """CREATE TABLE script_changes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            job_guid TEXT NOT NULL COLLATE NOCASE REFERENCES jobs(guid),
            path TEXT NOT NULL,
            fields TEXT NOT NULL,
            created_at TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            last_error TEXT NOT NULL DEFAULT '',
            dead INTEGER NOT NULL DEFAULT 0
        )""",
        "CREATE INDEX script_changes_by_job ON script_changes(job_guid, dead)",
        """CREATE TABLE run_notes (
            job INTEGER PRIMARY KEY REFERENCES jobs(id),
            result TEXT NOT NULL DEFAULT '',
            done REAL,
            total REAL,
            progress TEXT NOT NULL DEFAULT '',
            task_guid TEXT NOT NULL DEFAULT '',
            task_name TEXT NOT NULL DEFAULT '',
            evidence TEXT NOT NULL DEFAULT '[]'
        )""",
    ),
    (
        # What may yet be carried out of a script's change, which itself may be gone: no content, and only for as long.
        """CREATE TABLE change_doubts (
            change_id INTEGER PRIMARY KEY,
            job_guid TEXT NOT NULL,
            thing TEXT NOT NULL,
            seconds REAL NOT NULL
        )""",
    ),
    (
        # What the history shows of many jobs, summed up (`sums`): of every job up to the row `upto`. Nothing here is
        # known only here. WITHOUT ROWID: a row is its key; and a salvage takes none of them for an entry of an index
        # that matters, because it has three values or more.
        "CREATE TABLE summed (upto INTEGER NOT NULL)",
        "INSERT INTO summed VALUES (0)",
        """CREATE TABLE sums_by_script (
            name TEXT NOT NULL,
            status INTEGER NOT NULL,
            runs INTEGER NOT NULL,
            microseconds INTEGER NOT NULL,
            longest INTEGER NOT NULL,
            last TEXT NOT NULL,
            PRIMARY KEY (name, status)
        ) WITHOUT ROWID""",
        """CREATE TABLE sums_by_length (
            name TEXT NOT NULL,
            tenths INTEGER NOT NULL,
            runs INTEGER NOT NULL,
            PRIMARY KEY (name, tenths)
        ) WITHOUT ROWID""",
        """CREATE TABLE sums_by_quarter (
            quarter INTEGER NOT NULL,
            status INTEGER NOT NULL,
            runs INTEGER NOT NULL,
            PRIMARY KEY (quarter, status)
        ) WITHOUT ROWID""",
        """CREATE TABLE sums_by_place (
            first INTEGER NOT NULL,
            status INTEGER NOT NULL,
            last INTEGER NOT NULL,
            PRIMARY KEY (first, status)
        ) WITHOUT ROWID""",
        # Whatever becomes of a job that is in the sums (today nothing does): they begin anew.
        """CREATE TRIGGER summed_job_changed AFTER UPDATE OF name, started_at, ended_at, status ON jobs
        WHEN old.id <= (SELECT upto FROM summed) BEGIN UPDATE summed SET upto = -1; END""",
        """CREATE TRIGGER summed_job_gone AFTER DELETE ON jobs
        WHEN old.id <= (SELECT upto FROM summed) BEGIN UPDATE summed SET upto = -1; END""",
        """CREATE TRIGGER summed_job_came AFTER INSERT ON jobs
        WHEN new.id <= (SELECT upto FROM summed) BEGIN UPDATE summed SET upto = -1; END""",
        """CREATE TRIGGER sums_begin_anew AFTER UPDATE ON summed WHEN new.upto < 0 BEGIN
            DELETE FROM sums_by_script;
            DELETE FROM sums_by_length;
            DELETE FROM sums_by_quarter;
            DELETE FROM sums_by_place;
            UPDATE summed SET upto = 0;
        END""",
    ),
)

VERSION: Final = len(MIGRATIONS)


def version_of(db: sqlite3.Connection) -> int:
    """The schema version of an open file; 0 for a new one."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection) -> None:
    """Bring an open file (not newer than `VERSION`) up to date."""
    for number in range(version_of(db), VERSION):
        db.execute("BEGIN IMMEDIATE")
        for statement in MIGRATIONS[number]:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number + 1}")
        db.execute("COMMIT")


def name_first_origin(db: sqlite3.Connection, origin: Origin) -> None:
    """The jobs from before there were origins are `origin`'s, unless they were somebody's already."""
    db.execute(
        "UPDATE origins SET host = ?, fingerprint = ? WHERE id = 1 AND host = ''", (origin.host, origin.fingerprint)
    )
