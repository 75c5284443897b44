import { isHuman } from '#activity/catalogue.ts'
import type { Event } from '#engine/reactor.ts'
import type { Trigger } from './definition.ts'

/** What somebody does of his own accord: it wakes a sleeper, and sales wants to read of it. */
export const deeds = ['page.viewed', 'screen.viewed', 'event.tracked', 'form.submitted', 'email.clicked']

/** The types of events that may set off a trigger; `deal.` stands for all that begin so. */
export function typesOf(trigger: Trigger): string[] {
  switch (trigger.on) {
    case 'score':
      return ['score.rose']
    case 'stage':
      return ['contact.updated']
    case 'page':
      return ['page.viewed']
    case 'form':
      return ['form.submitted']
    case 'event':
      return ['event.tracked']
    case 'deal':
      return [trigger.change ?? 'deal.']
    case 'sleeper':
      return deeds
  }
}

type Heard = Pick<Event, 'type' | 'name' | 'data'>

/** A machine's doing never wakes sales, nor what is brought in or changed in bulk. */
const counts = ({ data }: Heard) => isHuman(data) && data.muted !== true

/** Whether an event sets off a trigger; for sleepers only whether it may. */
export function sets(trigger: Trigger, event: Heard): boolean {
  if (
    !typesOf(trigger).some(type => (type.endsWith('.') ? event.type.startsWith(type) : event.type === type))
  )
    return false
  return counts(event) && fits(trigger, event)
}

function fits(trigger: Trigger, { name, data }: Heard): boolean {
  if (trigger.on === 'score')
    return (
      data.modelId === trigger.modelId && (trigger.threshold === null || data.threshold === trigger.threshold)
    )
  if (trigger.on === 'stage') return reaches(data.changes, trigger.stage)
  if (trigger.on === 'page') {
    const path = typeof data.path === 'string' ? data.path : ''
    return trigger.match === 'is' ? path === trigger.path : path.startsWith(trigger.path)
  }
  if (trigger.on === 'form') return trigger.formId === null || data.formId === trigger.formId
  return trigger.on !== 'event' || name === trigger.name
}

function reaches(changes: unknown, stage: string | null): boolean {
  if (typeof changes !== 'object' || changes === null || !('stage' in changes)) return false
  const { stage: change } = changes
  if (typeof change !== 'object' || change === null || !('to' in change)) return false
  return stage === null || change.to === stage
}

/** The trigger as half a sentence: "When somebody ...". `names`: of scores and forms by id. */
export function describeTrigger(trigger: Trigger, names: Map<string, string>): string {
  const named = (id: string | null, otherwise: string) =>
    id ? `“${names.get(id) ?? 'that is gone'}”` : otherwise
  switch (trigger.on) {
    case 'score':
      return `rises to ${trigger.threshold ? `“${trigger.threshold}”` : 'any threshold'} in ${named(trigger.modelId, 'a score')}`
    case 'stage':
      return trigger.stage ? `reaches the stage “${trigger.stage}”` : 'reaches another stage'
    case 'page':
      return `looks at ${trigger.path || 'a page'}${trigger.match === 'starts_with' ? ' or below' : ''}`
    case 'form':
      return `sends the form ${named(trigger.formId, 'of any kind')}`
    case 'event':
      return `does “${trigger.name}”`
    case 'deal':
      return trigger.change
        ? `has a deal: ${trigger.change.slice(5).replaceAll('_', ' ')}`
        : 'has a deal that changes'
    case 'sleeper':
      return `comes back after ${trigger.days} days of silence`
  }
}
