-- insight: files that people asked for, kept in pieces for seven days, so that every office can hand them out.
create schema if not exists insight;

create table insight.export (
  id bigint primary key,
  kind text not null,
  name text not null,
  format text not null check (format in ('csv', 'jsonl')),
  -- What was asked for: filter, list, segment ...
  ask jsonb not null,
  job bigint,
  rows int not null default 0,
  bytes bigint not null default 0,
  created_at timestamptz not null,
  created_by text not null,
  finished_at timestamptz,
  expires_at timestamptz not null,
  -- Why the file is gone before its time.
  removed text
);

create table insight.export_chunk (
  export_id bigint not null,
  position int not null,
  bytes bytea not null,
  -- The contacts in it, where it is sorted by them: an erasure looks into one piece and not into all.
  first_id bigint,
  last_id bigint,
  primary key (export_id, position)
);
