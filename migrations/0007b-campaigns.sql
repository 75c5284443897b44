-- outreach: campaigns, one email (or variants of it under test) to an audience that is frozen when it starts.

create table outreach.campaign (
  id bigint primary key,
  name text not null,
  status text not null check (status in ('draft', 'scheduled', 'running', 'paused', 'stopped', 'finished')),
  -- Audience, content, test, schedule and throttle, as src/outreach/campaigns/definition.ts has it.
  settings jsonb not null,
  -- Optimistic lock of the draft.
  version integer not null,
  owner_id text,
  review_on date,
  -- Who would get it, counted for `review_version`: {state, at, plannedAt, counts}.
  review jsonb,
  review_version integer,
  launched_at timestamptz,
  launched_by text,
  -- When the audience is frozen, the first mail leaves, and the last was done with.
  starts_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  archived_at timestamptz,
  -- When somebody has to look after it next; null: nothing to do before a person or a message says so.
  due_at timestamptz,
  -- How far freezing has come (contacts in the order of their ids), and what it found.
  frozen_to bigint,
  frozen_at timestamptz,
  frozen jsonb,
  -- The published versions it sends, by variant; the first is the control.
  versions bigint[] not null default '{}',
  -- 1: everybody, or the sample of a test; 2: the rest, once there is a winner.
  wave smallint not null default 1,
  decide_at timestamptz,
  -- The test is over, and a person has to say who won.
  waits boolean not null default false,
  winner smallint,
  decision jsonb,
  -- The throttle: so many were let go since then.
  rate_from timestamptz,
  rate_used integer not null default 0,
  -- Nothing waited too long because of a pause.
  resumed_at timestamptz,
  -- Why it stands still.
  words text,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  updated_by text not null
);
create index campaign_recent_idx on outreach.campaign (id desc);
create index campaign_due_idx on outreach.campaign (due_at) where due_at is not null;
create index campaign_running_idx on outreach.campaign (id) where status = 'running';

-- Who gets it: fixed when the campaign starts, one row per contact.
create table outreach.campaign_recipient (
  contact_id bigint not null,
  campaign_id bigint not null,
  wave smallint not null,
  -- Which version; 0: that of the winner.
  variant smallint not null,
  -- When it may be put into the line, at the earliest.
  due_at timestamptz not null,
  -- Retrying makes the next one.
  generation integer not null default 1,
  -- The message it became; null: not yet.
  message_id bigint,
  primary key (contact_id, campaign_id)
);
create index campaign_recipient_idx on outreach.campaign_recipient (campaign_id, contact_id) include (message_id);
create index campaign_recipient_due_idx on outreach.campaign_recipient (campaign_id, wave, due_at, contact_id)
  where message_id is null;

alter table outreach.message
  add column campaign_id bigint,
  add column variant smallint;
-- One line per campaign: those that stand still are never walked through.
drop index outreach.message_due_idx;
create index message_due_idx on outreach.message (lane, urgency, coalesce(campaign_id, 0), not_before, id)
  where state in ('queued', 'deferred');
-- What did not simply leave, to be listed and retried: few rows among many.
create index message_campaign_idx on outreach.message (campaign_id, state, contact_id)
  where campaign_id is not null and state in ('failed', 'deferred', 'unknown', 'suppressed', 'cancelled');
