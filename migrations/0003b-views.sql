-- Saved views of lists: a name for a filter, columns and an order.
create table access.view (
  id bigint primary key,
  screen text not null,
  name text not null,
  -- {"filter": {...} | null, "columns": [...], "sort": "name"}
  definition jsonb not null,
  shared boolean not null,
  owner_id text not null,
  owner_name text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version int not null default 1
);
create index view_screen_idx on access.view (screen, owner_id);
