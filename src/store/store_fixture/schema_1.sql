-- SPDX-License-Identifier: Apache-2.0
-- The tables as schema 1 made them. Frozen: migrations_test starts from here.
CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE subscriber_keys(
  key_id INTEGER PRIMARY KEY AUTOINCREMENT, subject INTEGER NOT NULL, wrapped BLOB NOT NULL) STRICT;
CREATE INDEX subscriber_keys_subject ON subscriber_keys(subject);
CREATE TABLE records(
  sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL, subject INTEGER NOT NULL,
  ref INTEGER NOT NULL, key_id INTEGER, body BLOB NOT NULL, sealed BLOB, sum BLOB NOT NULL) STRICT;
CREATE INDEX records_subject ON records(subject, sequence);
CREATE INDEX records_ref ON records(kind, ref, sequence);
PRAGMA user_version=1;
