import type { Metric } from './metrics.kind.ts'
import { mailMetrics, mailShares } from './metrics.mail.ts'
import {
  flowDerived,
  flowMetrics,
  leadMetrics,
  peopleDerived,
  peopleMetrics,
  sourceMetrics,
} from './metrics.people.ts'

export type { Metric }

/** The one dictionary: every number on a screen, in a report, in an answer and in docs/metrics.md is in here. */
export const groups = [
  { title: 'Messages', metrics: [...mailMetrics, ...mailShares] },
  { title: 'Contacts, lists, consent and segments', metrics: [...peopleMetrics, ...peopleDerived] },
  { title: 'Workflows', metrics: [...flowMetrics, ...flowDerived] },
  { title: 'Stages of the lifecycle', metrics: [...leadMetrics] },
  { title: 'Sources', metrics: [...sourceMetrics] },
]

const all: readonly Metric[] = groups.flatMap<Metric>(group => [...group.metrics])

export type MailCount = (typeof mailMetrics)[number]['key']
export type MailShare = (typeof mailShares)[number]['key']

/** The metric of this key; an unknown key is a bug. */
export function metric(key: string): Metric {
  const found = all.find(each => each.key === key)
  if (!found) throw new Error(`there is no metric ${key}`)
  return found
}

export function listMetrics(): readonly Metric[] {
  return all
}

/** A share as a number from 0 to 1; null where there is no whole. */
export function shareOf(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null
}

/** The shares that follow from counted messages. */
export function withShares(counts: Record<MailCount, number>): Record<MailCount | MailShare, number | null> {
  const bounced = counts.bounced_hard + counts.bounced_soft
  const delivered = counts.sent - bounced
  return {
    ...counts,
    bounced,
    delivered,
    delivery_rate: shareOf(delivered, counts.sent),
    bounce_rate: shareOf(bounced, counts.sent),
    defer_rate: shareOf(counts.deferred, counts.sent),
    open_rate: shareOf(counts.opened, delivered),
    click_rate: shareOf(counts.clicked, delivered),
    unsubscribe_rate: shareOf(counts.unsubscribed, delivered),
    complaint_rate: shareOf(counts.complained, delivered),
  }
}
