import { count, type Metric, share } from './metrics.kind.ts'

/**
 * Messages. Each is counted on the day on which it was sent (or refused, or held back), and with it all that came
 * of it until now: an open three days later belongs to the day of sending. So a rate compares like with like and
 * never exceeds 100 %. Tests and alerts are not counted. Rows: `letter`, one per message.
 */
export const mailMetrics = [
  count(
    'sent',
    'Sent',
    'Marketing and service messages that a mail server accepted, or refused for good as undeliverable.',
    `count(*) filter (where is_sent)`,
  ),
  count(
    'failed',
    'Failed',
    'Messages given up without an answer about the mailbox, for example after days of deferrals.',
    `count(*) filter (where state = 'failed' and not is_sent)`,
    'down',
  ),
  count(
    'held_back',
    'Held back',
    'Messages that the gate did not let through: no consent, suppressed address, too many in too short a time.',
    `count(*) filter (where state = 'suppressed')`,
  ),
  count(
    'unknown',
    'Unknown',
    'Messages that may or may not have left when a sender was killed; never repeated blindly.',
    `count(*) filter (where state = 'unknown' and not is_sent)`,
    'down',
  ),
  count(
    'bounced_hard',
    'Bounced for good',
    'Sent messages whose mailbox does not exist or refuses us for good; the address is written to no more.',
    `count(*) filter (where is_sent and bounced_hard)`,
    'down',
  ),
  count(
    'bounced_soft',
    'Bounced for now',
    'Sent messages that came back because of a full mailbox, a block or a passing trouble, and not for good.',
    `count(*) filter (where is_sent and bounced_soft and not bounced_hard)`,
    'down',
  ),
  count(
    'deferred',
    'Deferred',
    'Messages that the receiving server told to come back later at least once before they were sent or given up.',
    `count(*) filter (where was_deferred)`,
    'down',
  ),
  count(
    'complained',
    'Reported as spam',
    'Sent messages that their reader reported as spam and whose provider told us so.',
    `count(*) filter (where is_sent and complained)`,
    'down',
  ),
  count(
    'unsubscribed',
    'Unsubscribed',
    'Sent messages through whose link or button their reader opted out.',
    `count(*) filter (where is_sent and unsubscribed)`,
    'down',
  ),
  count(
    'opened',
    'Opened by people',
    'Sent messages with at least one open judged human. Many people read without images, and proxies open for others: this is a hint, not a count of readers.',
    `count(*) filter (where is_sent and opened)`,
    'up',
  ),
  count(
    'clicked',
    'Clicked by people',
    'Sent messages with at least one click judged human; scanners that follow every link are left out.',
    `count(*) filter (where is_sent and clicked)`,
    'up',
  ),
  count(
    'opened_by_machine',
    'Opened by machines only',
    'Sent messages whose opens all came from proxies and scanners, or may have.',
    `count(*) filter (where is_sent and machine_opened and not opened)`,
  ),
  count(
    'clicked_by_machine',
    'Clicked by machines only',
    'Sent messages whose clicks all came from scanners, or may have.',
    `count(*) filter (where is_sent and machine_clicked and not clicked)`,
  ),
  count(
    'machine_hits',
    'Opens and clicks by machines',
    'Every single open and click of these messages that was not judged human. It is counted nowhere else.',
    `coalesce(sum(machine_hits), 0)`,
  ),
] as const satisfies readonly Metric[]

export const mailShares = [
  count(
    'bounced',
    'Bounced',
    'Bounced for good and bounced for now together.',
    'bounced_hard + bounced_soft',
    'down',
  ),
  count(
    'delivered',
    'Delivered',
    'Sent messages that did not come back. No server tells whether a message reached the inbox or the spam folder.',
    'sent - bounced_hard - bounced_soft',
    'up',
  ),
  share(
    { key: 'delivery_rate', name: 'Delivery rate', part: 'delivered', whole: 'sent', better: 'up' },
    'Delivered messages as a share of those sent.',
  ),
  share(
    { key: 'bounce_rate', name: 'Bounce rate', part: 'bounced', whole: 'sent', better: 'down' },
    'Bounced messages, for good or for now, as a share of those sent.',
  ),
  share(
    { key: 'defer_rate', name: 'Deferral rate', part: 'deferred', whole: 'sent', better: 'down' },
    'Messages that had to come back later, as a share of those sent.',
  ),
  share(
    { key: 'open_rate', name: 'Open rate', part: 'opened', whole: 'delivered', better: 'up' },
    'Messages opened by people as a share of those delivered.',
  ),
  share(
    { key: 'click_rate', name: 'Click rate', part: 'clicked', whole: 'delivered', better: 'up' },
    'Messages clicked by people as a share of those delivered.',
  ),
  share(
    {
      key: 'unsubscribe_rate',
      name: 'Unsubscribe rate',
      part: 'unsubscribed',
      whole: 'delivered',
      better: 'down',
    },
    'Messages that led to an opt-out as a share of those delivered.',
  ),
  share(
    { key: 'complaint_rate', name: 'Complaint rate', part: 'complained', whole: 'delivered', better: 'down' },
    'Messages reported as spam as a share of those delivered. Providers act from 0.3 % on.',
  ),
] as const satisfies readonly Metric[]
