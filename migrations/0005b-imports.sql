-- audience: people who come in by file, what became of each row, and how it was before.
create table audience.import (
  id bigint primary key,
  -- The name of the file.
  name text not null,
  stage text not null default 'uploading'
    check (stage in ('uploading', 'ready', 'running', 'done', 'undoing', 'undone')),
  bytes bigint not null,
  -- {"encoding", "delimiter", "header"}, detected and then as a person said.
  dialect jsonb,
  -- [{"name", "samples", "filled"}] and the first ten rows; gone with the file.
  columns jsonb,
  preview jsonb,
  mapping jsonb,
  options jsonb,
  -- What the dry run found; null where something was changed since.
  dry jsonb,
  check_job bigint,
  run_job bigint,
  undo_job bigint,
  -- added + updated + unchanged + rejected = rows, after every batch.
  rows int not null default 0,
  added int not null default 0,
  updated int not null default 0,
  unchanged int not null default 0,
  rejected int not null default 0,
  undone jsonb,
  created_at timestamptz not null,
  created_by text not null,
  touched_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  check (added + updated + unchanged + rejected = rows)
);

-- The file as it came, in pieces, so that every office and worker has it. Removed as soon as it is worked through.
create table audience.import_chunk (
  import_id bigint not null,
  position int not null,
  bytes bytea not null,
  is_utf8 boolean not null,
  primary key (import_id, position)
);
alter table audience.import_chunk alter column bytes set storage external;

-- Rows that did not go in, each with its reason; they make the error file.
create table audience.import_reject (
  import_id bigint not null,
  row int not null,
  reason text not null,
  cells jsonb not null,
  -- Where the row named somebody, so that it goes when he is forgotten.
  address text,
  primary key (import_id, row)
);
create index import_reject_address on audience.import_reject (address) where address is not null;

-- What an import did to a contact, kept for 30 days so that it can be undone.
create table audience.import_change (
  contact_id bigint not null,
  import_id bigint not null,
  kind text not null check (kind in ('added', 'updated')),
  -- {"first_name": {"from", "to"}}, as in the event; empty for who was added.
  changes jsonb not null default '{}',
  lists bigint[] not null default '{}',
  granted boolean not null default false,
  -- Of who was added: the profile's version after the import's last word. A later one means that somebody touched it.
  version int not null default 1,
  primary key (contact_id, import_id)
);
create index import_change_import on audience.import_change (import_id, contact_id);
