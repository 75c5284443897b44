-- Records that people asked to be read and compared again, in the calls that are left over. One such wish per connection.
create table crm.resync (
  connection_id bigint not null primary key,
  -- Whose: of a list, of a segment, or of everybody where both are null.
  list_id bigint,
  segment_id bigint,
  state text not null check (state in ('running', 'stopped', 'done')),
  records int not null,
  started_at timestamptz not null,
  started_by text not null,
  ended_at timestamptz
);

create table crm.resync_item (
  connection_id bigint not null,
  remote_type text not null,
  remote_id text not null,
  primary key (connection_id, remote_type, remote_id)
);
