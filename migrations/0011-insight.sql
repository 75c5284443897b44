-- insight: numbers. Everything here is made from the ledgers of other rooms and can be made again from them at any
-- time (src/insight/rollup.ts); no screen counts a large table itself.
create schema insight;

-- "This day may have changed": written by the reactor in its tick, append-only, so that no tick waits for another;
-- the counting loop takes the rows away and counts the days anew.
create table insight.mark (
  id bigint primary key,
  part text not null,
  day date not null
);

-- Contacts whose own facts (below) are to be read anew from their events.
create table insight.contact_mark (
  contact_id bigint not null,
  id bigint not null,
  primary key (contact_id, id)
);

-- Which days have been counted, in which zone, and what that cost: dear days are counted less often.
create table insight.counted (
  part text not null,
  day date not null,
  zone text not null,
  at timestamptz not null,
  took_ms integer not null,
  primary key (part, day)
);

-- Where the counting stands: the zone for which all was counted, the steps of workflows counted so far.
create table insight.state (
  name text primary key,
  value jsonb not null
);

-- What the nightly recount found. Differences are repaired; here they are owned up to.
create table insight.finding (
  id bigint primary key,
  part text not null,
  day date not null,
  differences integer not null,
  at timestamptz not null
);

-- Messages by the day on which they were sent (or refused, or held back), with all that came of them to this day.
create table insight.mail_day (
  day date not null,
  -- 0: of no email (made elsewhere), no campaign.
  email_id bigint not null,
  version_id bigint not null,
  campaign_id bigint not null,
  variant text not null,
  -- google, microsoft ..., else the domain; `small` gathers all but the largest domains of that day.
  provider text not null,
  sent integer not null,
  failed integer not null,
  held_back integer not null,
  unknown integer not null,
  bounced_hard integer not null,
  bounced_soft integer not null,
  deferred integer not null,
  complained integer not null,
  unsubscribed integer not null,
  opened integer not null,
  clicked integer not null,
  opened_by_machine integer not null,
  clicked_by_machine integer not null,
  machine_hits integer not null,
  primary key (day, email_id, version_id, campaign_id, variant, provider)
);

-- Events by the day on which they happened: segments, lists, consent, new contacts.
create table insight.event_day (
  day date not null,
  type text not null,
  key text not null,
  n integer not null,
  primary key (day, type, key)
);
create index event_day_key on insight.event_day (type, key, day);

-- Workflows by the day on which something happened: entered, exit:<way>, goal, left, done, parked.
create table insight.flow_day (
  workflow_id bigint not null,
  day date not null,
  version integer not null,
  node text not null,
  what text not null,
  n integer not null,
  primary key (workflow_id, day, version, node, what)
);
create index flow_day_day on insight.flow_day (day);

-- What came back of a message and is rare: a bounce, a complaint, an opt-out.
create table insight.response (
  contact_id bigint not null,
  message_id bigint not null,
  kind text not null check (kind in ('bounced_hard', 'bounced_soft', 'complained', 'unsubscribed')),
  at timestamptz not null,
  primary key (contact_id, message_id, kind)
);

-- Each stay of a contact in a stage of the lifecycle; the present one has no end.
create table insight.stage_stay (
  contact_id bigint not null,
  entered_at timestamptz not null,
  id bigint not null,
  stage text not null,
  left_at timestamptz,
  next_stage text,
  primary key (contact_id, entered_at, id)
);
create index stage_stay_entered on insight.stage_stay (entered_at, stage);
create index stage_stay_left on insight.stage_stay (left_at, stage) where left_at is not null;
create index stage_stay_now on insight.stage_stay (stage) where left_at is null;

-- Where a contact came from: the first touch, and when it became a customer.
create table insight.origin (
  contact_id bigint not null,
  became_at timestamptz not null,
  source text not null,
  medium text not null,
  campaign text not null,
  referrer text not null,
  -- By which door: a form, an import, a source of events.
  via text not null,
  converted_at timestamptz,
  primary key (contact_id)
);
create index origin_became on insight.origin (became_at);
create index origin_converted on insight.origin (converted_at) where converted_at is not null;

-- So that one day of a ledger can be read without the others: BRIN costs next to nothing to keep.
create index message_day_idx on outreach.message
  using brin ((coalesce(sent_at, sending_at, decided_at))) with (pages_per_range = 32, autosummarize = on);
create index step_at_idx on workflows.step using brin (at) with (pages_per_range = 32, autosummarize = on);
create index enrolment_entered_idx on workflows.enrolment using brin (entered_at) with (pages_per_range = 32, autosummarize = on);
create index enrolment_ended_idx on workflows.enrolment using brin (ended_at) with (pages_per_range = 32, autosummarize = on);
