import { EngineError } from '../../errors.ts'
import { assertSynchronous, type Database } from './open.ts'

/** "rgen" in ASCII: tells our files from other databases. */
const applicationId = 0x7267656e
const schemaVersion = 1

const tables = `
CREATE TABLE run (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL UNIQUE,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  kind TEXT NOT NULL,
  queue TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'running',
  seed TEXT NOT NULL,
  memo TEXT,
  parent_key INTEGER,
  parent_n INTEGER,
  parent_policy TEXT,
  first_run_id TEXT NOT NULL,
  previous_run_id TEXT,
  owner INTEGER,
  fence INTEGER NOT NULL DEFAULT 0,
  next_seq INTEGER NOT NULL DEFAULT 0,
  size INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER NOT NULL,
  closed_at INTEGER,
  result TEXT,
  retry_at INTEGER,
  faults INTEGER NOT NULL DEFAULT 0,
  fault TEXT
);
CREATE UNIQUE INDEX run_open ON run (id) WHERE closed_at IS NULL;
CREATE INDEX run_id ON run (id, key);
CREATE INDEX run_previous ON run (previous_run_id) WHERE previous_run_id IS NOT NULL;
CREATE INDEX run_parent ON run (parent_key) WHERE parent_key IS NOT NULL AND closed_at IS NULL;
CREATE INDEX run_owner ON run (owner) WHERE owner IS NOT NULL;
CREATE INDEX run_retry ON run (retry_at) WHERE retry_at IS NOT NULL;
CREATE INDEX run_closed ON run (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX run_type ON run (type, key);

CREATE TABLE journal (
  run_key INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  type TEXT NOT NULL,
  ts INTEGER NOT NULL,
  n INTEGER,
  name TEXT,
  data TEXT,
  meta TEXT,
  PRIMARY KEY (run_key, seq)
) WITHOUT ROWID;

CREATE TABLE inbox (
  id INTEGER PRIMARY KEY,
  run_key INTEGER NOT NULL,
  type TEXT NOT NULL,
  n INTEGER,
  name TEXT,
  data TEXT,
  meta TEXT
);
CREATE INDEX inbox_run ON inbox (run_key, id);

CREATE TABLE event (
  event_id TEXT PRIMARY KEY,
  run_key INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'accepted',
  data TEXT,
  from_key INTEGER,
  from_n INTEGER
) WITHOUT ROWID;
CREATE INDEX event_run ON event (run_key);

CREATE TABLE task (
  run_key INTEGER NOT NULL,
  n INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  queue TEXT NOT NULL,
  name TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  owner INTEGER,
  due INTEGER NOT NULL,
  expires INTEGER,
  scheduled_at INTEGER NOT NULL,
  details TEXT,
  failure TEXT,
  PRIMARY KEY (run_key, n)
) WITHOUT ROWID;
CREATE INDEX task_queued ON task (queue, due) WHERE owner IS NULL;
CREATE INDEX task_expires ON task (expires) WHERE owner IS NULL AND expires IS NOT NULL;

CREATE TABLE timer (
  run_key INTEGER NOT NULL,
  n INTEGER NOT NULL,
  due INTEGER NOT NULL,
  PRIMARY KEY (run_key, n)
) WITHOUT ROWID;
CREATE INDEX timer_due ON timer (due);

CREATE TABLE worker (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  pid INTEGER NOT NULL,
  host TEXT NOT NULL,
  birth TEXT NOT NULL,
  beat INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE registration (
  queue TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  mcp INTEGER NOT NULL DEFAULT 0,
  input_schema TEXT,
  PRIMARY KEY (queue, kind, name)
) WITHOUT ROWID;
CREATE TABLE serving (
  worker INTEGER NOT NULL,
  queue TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (queue, kind, name, worker)
) WITHOUT ROWID;

CREATE TABLE schedule (
  id TEXT PRIMARY KEY,
  spec TEXT NOT NULL,
  target TEXT NOT NULL,
  paused INTEGER NOT NULL DEFAULT 0,
  note TEXT,
  created_at INTEGER NOT NULL,
  next_at INTEGER,
  last_at INTEGER,
  last_id TEXT,
  last_run_id TEXT
) WITHOUT ROWID;

CREATE TABLE query (
  query_id TEXT PRIMARY KEY,
  run_key INTEGER NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'asked',
  data TEXT
) WITHOUT ROWID;

CREATE VIEW history AS
  SELECT run.id, journal.seq, strftime('%Y-%m-%d %H:%M:%f', journal.ts / 1000.0, 'unixepoch') AS at,
         journal.type, journal.n, journal.name, journal.data, journal.meta, run.run_id
  FROM journal JOIN run ON run.key = journal.run_key
  ORDER BY run.key, journal.seq;
CREATE VIEW runs AS
  SELECT id, type, kind, status, queue, strftime('%Y-%m-%d %H:%M:%f', started_at / 1000.0, 'unixepoch') AS started,
         strftime('%Y-%m-%d %H:%M:%f', closed_at / 1000.0, 'unixepoch') AS closed, next_seq AS events, result, fault, run_id
  FROM run ORDER BY key;
`

/**
 * Creates the tables in a new database, and checks those of an old one.
 *
 * @throws {EngineError} ENGINE_DATABASE when the file belongs to another program, ENGINE_DATABASE_VERSION when a newer
 *   rgen wrote it.
 */
export function prepareSchema(database: Database, file: string): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    const id = pragma(database, 'application_id')
    const version = pragma(database, 'user_version')
    if (id === 0 && version === 0 && isEmpty(database)) create(database)
    else if (id !== applicationId) {
      throw new EngineError('ENGINE_DATABASE', `${file} is a database of another program`, {
        hint: 'Name another file (RGEN_DATABASE, or the option "database").',
      })
    } else if (version !== schemaVersion) {
      throw new EngineError(
        'ENGINE_DATABASE_VERSION',
        `${file} has layout ${version}, this rgen reads ${schemaVersion}`,
        {
          hint: 'Use the version of rgen that wrote it, or let its runs end there and start with a new file.',
        },
      )
    }
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
  assertSynchronous(database)
}

function create(database: Database): void {
  database.exec(tables)
  database.exec(`PRAGMA application_id = ${applicationId}`)
  database.exec(`PRAGMA user_version = ${schemaVersion}`)
}

function pragma(database: Database, name: 'application_id' | 'user_version'): number {
  const row = database.prepare(`PRAGMA ${name}`).get() as Record<string, number>
  return row[name] ?? 0
}

function isEmpty(database: Database): boolean {
  const { count } = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as { count: number }
  return count === 0
}
