import { call, client } from '@/api/client'

const readPage = () => call(client.GET('/api/v1/leads', { params: { query: { limit: 1 } } }))
export type Lead = Awaited<ReturnType<typeof readPage>>['items'][number]
export type LeadState = Lead['state']
export type Whose = 'mine' | 'all'

/** Why a lead goes back, in the words of sales. */
export const returnReasons = [
  { value: 'bad_timing', label: 'Not now: bad timing' },
  { value: 'not_a_fit', label: 'Not a fit for us' },
  { value: 'wrong_person', label: 'Not the right person there' },
  { value: 'no_answer', label: 'Could not be reached' },
  { value: 'already_known', label: 'Somebody talks to them already' },
  { value: 'other', label: 'Another reason' },
] as const
export type ReturnReason = (typeof returnReasons)[number]['value']

/** The word for a stored reason. */
export const reasonWords = (reason: string | null) =>
  returnReasons.find(each => each.value === reason)?.label ?? 'Returned'
