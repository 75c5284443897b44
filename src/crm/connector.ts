import type { z } from 'zod'
import type { EgressAnswer, EgressRequest } from '#platform/egress.ts'
import type { Log } from '#platform/log.ts'

/** What an object of a CRM is to Tend. A CRM without leads has none with that role. */
export const objectRoles = [
  'user',
  'company',
  'contact',
  'lead',
  'deal',
  'campaign',
  'member',
  'task',
  'activity',
] as const
export type ObjectRole = (typeof objectRoles)[number]

/**
 * A value as every connector hands it over, whatever the wire says: dates `YYYY-MM-DD`, moments ISO 8601 in UTC,
 * references the bare id, several choices as a list, empty always null (never '' or false or []).
 */
export type Value = string | number | boolean | string[] | null
export type Values = Record<string, Value>

export const fieldTypes = [
  'text',
  'long_text',
  'email',
  'phone',
  'url',
  'number',
  'money',
  'boolean',
  'date',
  'moment',
  'choice',
  'choices',
  'reference',
  'references',
] as const
export type FieldType = (typeof fieldTypes)[number]

export type RemoteField = {
  name: string
  label: string
  type: FieldType
  required: boolean
  readOnly: boolean
  /** Made by the CRM from other fields: its changes do not move the modified stamp, so a weekly sweep re-reads it. */
  computed?: boolean
  options?: { value: string; label: string }[]
  maxLength?: number
  /** Digits after the point that the CRM keeps. */
  scale?: number
  /** Object types that a reference may point to. */
  references?: string[]
  /** May hold Tend's own id, and the CRM can look a record up by it. */
  externalId?: boolean
}

export type RemoteObject = { type: string; label: string; role: ObjectRole; fields: RemoteField[] }
export type RemoteSchema = { objects: RemoteObject[] }

export type RemoteRef = { type: string; id: string }

export type RemoteRecord = {
  id: string
  /** The CRM's modified stamp; where it has none until the first change, the creation. */
  modified: Date
  created: Date | null
  /** For optimistic writes (etag, version number), null where the CRM has none. */
  version: string | null
  /** The fields that were asked for, nothing else; a field the CRM did not answer is absent, an empty one null. */
  values: Values
  deleted?: boolean
  /** The record that lives on after a merge. */
  mergedInto?: string | null
  /** A converted lead: what it became (contact, company, deal). */
  convertedTo?: RemoteRef[]
}

/** Where a stream stands: after this stamp and id. `token` is for CRMs that hand out their own (delta links). */
export type Cursor = { at: string; id: string; token?: string | null }

export type ChangePage = { records: RemoteRecord[]; next: Cursor | null; more: boolean }

export type Removal = { id: string; at: Date | null; mergedInto?: string | null }

/** Ten kinds of failure; the engine decides by them alone what happens next. */
export const failureKinds = [
  'auth', // the connection pauses and its owner is told
  'throttle', // the lane waits for `retryAfterMs`
  'transient', // again with back-off, six times
  'lock', // again in smaller batches
  'invalid', // the record is parked until it, the mapping or the schema changes
  'duplicate', // matched with the ids that came back
  'denied', // may not read or write this record or field: parked
  'gone', // deleted in the CRM: the link says so, nothing is created again
  'schema', // a field or object is not there: describe anew, the field rests
  'conflict', // somebody was faster: read, merge, write again
] as const
export type FailureKind = (typeof failureKinds)[number]

/** A request and its answer as people may see them: the connector has taken every secret out and cut long bodies. */
export type Exchange = {
  method: string
  url: string
  request: string | null
  status: number
  response: string
}

export type Failure = {
  kind: FailureKind
  /** One sentence for people, in the CRM's own words where it had any. */
  words: string
  /** The CRM's code; with the kind and the fields it makes issues of one cause one group. */
  code?: string
  fields?: string[]
  /** The records that are already there (duplicate). */
  existing?: RemoteRef[]
  retryAfterMs?: number
  sample?: Exchange
}

/** What a connection throws where a whole call failed; a failure of one element is in its outcome instead. */
export class CrmError extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.words)
    this.name = 'CrmError'
    this.failure = failure
  }
}

export type WriteOp =
  /**
   * `key` is stable over retries. `externalId` names the field that holds it, where mapped: a connector with a real
   * upsert uses it, any other just writes it; the engine looks for it before it repeats a create.
   */
  | { op: 'create'; key: string; externalId: string | null; values: Values }
  /** Only the named fields change; null empties. `version` from the last read, where the CRM can check it. */
  | { op: 'update'; id: string; version: string | null; values: Values }
  | { op: 'delete'; id: string }

export type WriteOutcome =
  /** `record` is what the CRM holds now, where it answers it without another call. */
  { ok: true; id: string; record?: RemoteRecord } | { ok: false; failure: Failure }

export type DealRole = { dealId: string; person: RemoteRef; role: string | null; primary: boolean }

export type Hint = { type: string; id: string; kind: 'changed' | 'deleted' | 'merged' }

export type Limits = {
  /** Most records per page of `changes`. */
  page: number
  /** Most ids or values per call of `get`, `find`, `roles`. */
  read: number
  /** Most elements per call of `write`. */
  write: { create: number; update: number; delete: number }
  /** The CRM takes no batches: each element of a write is a request of its own. */
  singly?: true
  /** Calls that may be under way at once. */
  concurrency: number
  /** What the CRM allows in a day, where it says so. */
  callsPerDay: number | null
  /** Later than their stamp, records may still appear: how far a cycle looks back (0 with delta tokens). */
  lookBackMs: number
}

/** One connection to one CRM. Every call counts against the budget of the lane it was opened for. */
export type Connection = {
  limits: Limits
  /** Signs in and reads something small; throws CrmError. `user` is who the CRM says we are. */
  test(): Promise<{ words: string; user: { id: string; name: string } | null }>
  /** The CRM's own time, from its last answer. */
  serverTime(): Promise<Date>
  describe(): Promise<RemoteSchema>
  /**
   * Records with (modified, id) after the cursor and modified <= upTo, in that order; also archived ones; deleted
   * ones too where the CRM shows them here (`deleted`, `mergedInto`, `convertedTo`). `next` is null only where
   * nothing was read and no cursor was given.
   */
  changes(
    type: string,
    ask: { after: Cursor | null; upTo: Date; fields: string[]; limit: number },
  ): Promise<ChangePage>
  /** Deletes and merges, where the CRM lists them apart from changes. */
  removals?(
    type: string,
    ask: { after: Cursor | null; limit: number },
  ): Promise<{ removals: Removal[]; next: Cursor | null; more: boolean }>
  /** Records by id, in any order; one that is not there is left out, one in the bin comes as `deleted`. */
  get(type: string, ids: string[], fields: string[]): Promise<RemoteRecord[]>
  /** Live records whose field holds one of the values (texts without case); with all that match. */
  find(type: string, by: { field: string; values: string[] }, fields: string[]): Promise<RemoteRecord[]>
  /** One outcome per element, in order. Where the CRM takes all or nothing, the connector bisects. */
  write(type: string, ops: WriteOp[]): Promise<WriteOutcome[]>
  /** Who plays which part in these deals. */
  roles?(dealIds: string[]): Promise<DealRole[]>
  /** All live ids in order, for the nightly comparison. */
  ids(type: string, ask: { after: string | null; limit: number }): Promise<{ ids: string[]; more: boolean }>
  /** Has the CRM call this address on changes; idempotent. */
  subscribe?(url: string, types: string[]): Promise<void>
}

export type IncomingHook = { method: string; url: string; headers: Record<string, string>; body: Buffer }

/** What a connector may use of the house: the only way out, and a sealed place for tokens. */
export type Wire = {
  /** One guarded request, counted in the budget; throws CrmError `throttle` where the lane's share is used up. */
  fetch: (url: string, request?: EgressRequest) => Promise<EgressAnswer>
  /** What the connection must remember (access and refresh tokens, webhook secrets), sealed in the database. */
  vault: {
    read(): Promise<Record<string, string>>
    /**
     * Under a lock of the connection, so that of two workers one refreshes and the other finds the fresh tokens:
     * `change` gets what is kept now and answers what to keep.
     */
    change(
      change: (kept: Record<string, string>) => Promise<Record<string, string>>,
    ): Promise<Record<string, string>>
  }
  /** Tells the budget what the CRM's headers say is used and allowed. */
  quota(state: { used: number; allowed: number }): void
  /** The machine's time, for lifetimes of tokens and signatures. */
  realTime(): Date
  log: Log
}

/** A first mapping for one pair of objects: what an admin sees before touching anything. `local` names a field of Tend. */
export type Preset = {
  local: 'person' | 'company' | 'deal' | 'task' | 'campaign' | 'member' | 'user' | 'activity'
  remote: string
  fields: {
    local: string
    remote: string
    /** Remote value -> local value, where they differ (stage names, option sets). */
    valueMap?: Record<string, string>
  }[]
}

/** A kind of CRM. One folder of small files over the shared kit. */
export type Connector<S extends z.ZodObject = z.ZodObject> = {
  /** In the database and the API: 'salesforce', 'espo'. */
  id: string
  name: string
  /** True where it was not yet proven against a whole real server; said on the screen. */
  simulated: boolean
  /** What it was proven against, in words for the screen; a simulator of it where nothing is said. */
  proof?: string
  /** What an admin fills in. Secrets are the fields in `secrets`: write-only, sealed, cleared when a host changes. */
  settings: S
  secrets: string[]
  /** Settings that say where requests go. */
  hosts: string[]
  connect(settings: z.infer<S>, wire: Wire): Connection
  presets: Preset[]
  /** Address of a record in the CRM's own screens. */
  recordUrl?(settings: z.infer<S>, ref: RemoteRef): string | null
  /** Verifies a call from the CRM over its raw body; null where the signature is wrong or stale. */
  webhook?: {
    verify(
      settings: z.infer<S>,
      hook: IncomingHook,
      kept: Record<string, string>,
      realNow: Date,
    ): Hint[] | null
  }
  /** Sign-in in the browser (code flow with PKCE). */
  oauth?: {
    authorizeUrl(settings: z.infer<S>, ask: { redirectUri: string; state: string; challenge: string }): string
    /** Answers what the vault keeps. */
    exchange(
      settings: z.infer<S>,
      code: { code: string; verifier: string; redirectUri: string },
      wire: Wire,
    ): Promise<Record<string, string>>
  }
}
