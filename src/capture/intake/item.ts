import type { IdentityMemory } from '#audience/identity-memory.ts'
import type { Services } from '#platform/services.ts'
import type { Source } from '../sources.ts'
import type { Call, Reject } from './call.ts'

type Origin = { source: Source; receivedAt: Date }

/** What waits to be written: a call, or the note that one was not taken. */
export type Item = (Origin & { call: Call; reject: null }) | (Origin & { call: null; reject: Reject })
export type CallItem = Origin & { call: Call; reject: null }

/** A call and whose it is. */
export type Recognised = CallItem & {
  contactId: string
  /** Whether this contact is more than a visitor. */
  isKnown: boolean
  /** Whether he becomes one by this batch. */
  isPromoted: boolean
  /** Whether the address of the call is his. */
  holdsAddress: boolean
}

/** Items of many requests on their way through one transaction. */
export type Batch = {
  services: Services
  memory: IdentityMemory
  /** Business time of the write. */
  now: Date
  items: Item[]
  recognised: Recognised[]
}
