-- stewardship: what nobody tends is told to its owner, and in the end paused.
create table stewardship.notice (
  id bigint primary key,
  user_id text not null,
  -- review_due, pause_ahead, paused: told once per thing and review day, which is the key.
  kind text not null check (kind in ('review_due', 'pause_ahead', 'paused')),
  key text not null,
  subject_kind text not null,
  subject_id text not null,
  words text not null,
  at timestamptz not null,
  read_at timestamptz,
  unique (user_id, key)
);
create index notice_unread on stewardship.notice (user_id, id desc) where read_at is null;
