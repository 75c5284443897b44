import { count, type Metric, share } from './metrics.kind.ts'

/** Events, each counted on the day on which it happened, also when it arrived late. Rows: `event` of activity.event. */
export const peopleMetrics = [
  count(
    'new_contacts',
    'New contacts',
    'People who became known: by a form, an import, an identify call or by hand.',
    `count(*) filter (where type = 'contact.created')`,
    'up',
  ),
  count(
    'list_joined',
    'Joined a list',
    'Times that somebody was put on the list, or put himself there.',
    `count(*) filter (where type = 'list.joined')`,
    'up',
  ),
  count(
    'list_left',
    'Left a list',
    'Times that somebody was taken off the list, or took himself off.',
    `count(*) filter (where type = 'list.left')`,
    'down',
  ),
  count(
    'opted_in',
    'Opted in',
    'Times that a consent was given, with proof; asked for and not yet confirmed does not count.',
    `count(*) filter (where type = 'consent.granted')`,
    'up',
  ),
  count(
    'opted_out',
    'Opted out',
    'Times that a consent was taken back, wherever it was said.',
    `count(*) filter (where type = 'consent.withdrawn')`,
    'down',
  ),
  count(
    'segment_entered',
    'Entered',
    'Times that somebody began to match the segment.',
    `count(*) filter (where type = 'segment.entered')`,
    'up',
  ),
  count(
    'segment_left',
    'Left',
    'Times that somebody ceased to match the segment.',
    `count(*) filter (where type = 'segment.left')`,
    'down',
  ),
] as const satisfies readonly Metric[]

export const peopleDerived = [
  count(
    'went',
    'Went',
    'Those who left the list or segment in the range.',
    'list_left, or segment_left',
    'down',
  ),
  count(
    'size_before',
    'Size before',
    'Members at the beginning of the range: the size at its end, less what came and plus what went.',
    'size - came + went',
  ),
  count('net', 'Net', 'Those who came less those who went.', 'came - went', 'up'),
  count(
    'size',
    'Size',
    'Members at the end of the day: the members now, less what came and plus what went since.',
    'members now - later net',
  ),
  share(
    { key: 'churn_rate', name: 'Churn', part: 'went', whole: 'size_before', better: 'down' },
    'Those who left as a share of the size at the beginning of the range.',
  ),
] as const satisfies readonly Metric[]

/** Workflows. Steps are counted on the day on which they were done. Rows: `passage` of enrolments and steps. */
export const flowMetrics = [
  count(
    'flow_entered',
    'Entered',
    'Participants who came into the workflow.',
    `count(*) filter (where what = 'entered')`,
    'up',
  ),
  count(
    'flow_passed',
    'Passed',
    'Times that a participant went on from the step, by the way named.',
    `count(*) filter (where what like 'exit:%')`,
  ),
  count(
    'flow_goal',
    'Reached the goal',
    'Participants who left because the goal of the workflow was met.',
    `count(*) filter (where what = 'goal')`,
    'up',
  ),
  count(
    'flow_left',
    'Left early',
    'Participants taken out before the end: by an exit rule, by hand, or by moving elsewhere.',
    `count(*) filter (where what = 'left')`,
  ),
  count(
    'flow_done',
    'Came to an end',
    'Participants who came to an end of the workflow.',
    `count(*) filter (where what = 'done')`,
  ),
  count(
    'flow_parked',
    'Put aside',
    'Participants whose step failed again and again; they wait for a person.',
    `count(*) filter (where what = 'parked')`,
    'down',
  ),
] as const satisfies readonly Metric[]

export const flowDerived = [
  count(
    'flow_arrived',
    'Arrived',
    'Times that a participant came to the step: by entering the workflow, or by a way of an earlier step.',
    'sum of the ways that lead here',
  ),
  count(
    'flow_waiting',
    'Waiting now',
    'Participants who stand at the step at this moment, whatever the range.',
    `count(*) of active enrolments at the node`,
  ),
  share(
    { key: 'goal_rate', name: 'Goal rate', part: 'flow_goal', whole: 'flow_entered', better: 'up' },
    'Participants who reached the goal as a share of those who entered in the range.',
  ),
] as const satisfies readonly Metric[]

/** Stages of the lifecycle. Rows: the stays of each contact, read from its events. */
export const leadMetrics = [
  count(
    'stage_entered',
    'Entered',
    'Times that a contact came into the stage, new contacts included.',
    `count(*) filter (where entered_at in range)`,
    'up',
  ),
  count(
    'stage_left',
    'Left',
    'Times that a contact went from the stage to another.',
    `count(*) filter (where left_at in range)`,
  ),
  count(
    'stage_now',
    'Now',
    'Contacts that are in the stage at this moment, whatever the range.',
    `count(*) filter (where left_at is null)`,
  ),
  {
    key: 'stage_median',
    name: 'Half stayed at most',
    definition: 'Median time between entering and leaving the stage, of those who left it in the range.',
    unit: 'days',
    better: 'down',
    sql: 'percentile_cont(0.5) over left_at - entered_at',
  },
  {
    key: 'stage_p90',
    name: '9 of 10 stayed at most',
    definition: 'Nine of ten who left the stage in the range had stayed no longer than this.',
    unit: 'days',
    better: 'down',
    sql: 'percentile_cont(0.9) over left_at - entered_at',
  },
  count(
    'stage_advanced',
    'Went on',
    'Of those who entered the stage in the range: contacts that have gone on to any other stage by now.',
    `count(*) filter (where entered_at in range and left_at is not null)`,
  ),
  share(
    {
      key: 'stage_conversion',
      name: 'Went on, share',
      part: 'stage_advanced',
      whole: 'stage_entered',
      better: 'up',
    },
    'Those who entered the stage in the range and have gone on by now, as a share of those who entered it in the range.',
  ),
] as const satisfies readonly Metric[]

/** Sources. Rows: one per contact with its first touch. */
export const sourceMetrics = [
  count(
    'source_contacts',
    'New contacts',
    'Contacts that became known in the range, by the first page view they ever made with us (first touch).',
    `count(*) filter (where became_at in range)`,
    'up',
  ),
  count(
    'conversions',
    'New customers',
    'Contacts that came into the stage “customer” for the first time in the range, by their first touch.',
    `count(*) filter (where converted_at in range)`,
    'up',
  ),
  count(
    'source_converted',
    'Became customers',
    'Contacts that became known in the range and have come into the stage “customer” by now.',
    `count(*) filter (where became_at in range and converted_at is not null)`,
    'up',
  ),
  share(
    {
      key: 'conversion_rate',
      name: 'Conversion',
      part: 'source_converted',
      whole: 'source_contacts',
      better: 'up',
    },
    'Of the contacts that became known in the range, the share that are or were customers by now.',
  ),
] as const satisfies readonly Metric[]
