import { call, client } from '@/api/client'

export const readRule = (id: string) =>
  call(client.GET('/api/v1/alert-rules/{id}', { params: { path: { id } } }))
export type AlertRule = Awaited<ReturnType<typeof readRule>>
export type AlertDraft = AlertRule['draft']
export type Trigger = AlertDraft['trigger']
export type TriggerKind = Trigger['on']

/** What can set off an alert, as the second half of "When somebody ...". */
export const triggerKinds: { value: TriggerKind; label: string }[] = [
  { value: 'score', label: 'reaches a score' },
  { value: 'stage', label: 'reaches a stage' },
  { value: 'page', label: 'looks at a page' },
  { value: 'form', label: 'sends a form' },
  { value: 'event', label: 'does something' },
  { value: 'deal', label: 'has a deal that changes' },
  { value: 'sleeper', label: 'comes back after a silence' },
]

export function freshTrigger(kind: TriggerKind): Trigger {
  switch (kind) {
    case 'score':
      return { on: 'score', modelId: null, threshold: null }
    case 'stage':
      return { on: 'stage', stage: null }
    case 'page':
      return { on: 'page', path: '/pricing', match: 'starts_with' }
    case 'form':
      return { on: 'form', formId: null }
    case 'event':
      return { on: 'event', name: '' }
    case 'deal':
      return { on: 'deal', change: null }
    case 'sleeper':
      return { on: 'sleeper', days: 60 }
  }
}

/** What every part of the editor is given. */
export type Part = { draft: AlertDraft; set(change: Partial<AlertDraft>): void; disabled: boolean }
