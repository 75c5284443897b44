import type { NewEvent } from '#engine/reactor.ts'
import type { Db } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import type { ConnectionRow } from '../connections.sql.ts'
import type { RemoteRecord, Values } from '../connector.ts'
import type { Kind, Mapping, ObjectMap } from '../mapping.ts'

/** A field that a mapping can name on our side. */
export type LocalField = {
  name: string
  label: string
  type: 'text' | 'number' | 'boolean' | 'date' | 'moment' | 'reference' | 'list'
  /** False for what we compute: it can only go there. */
  writable: boolean
  /** What the value points to; in the CRM it is the id of a record or user. */
  refers?: Kind
}

/** The running of one object of one connection. */
export type Work = {
  services: Services
  connection: ConnectionRow
  mapping: Mapping
  object: ObjectMap
  now: Date
  /** What our own changes are signed with; the outbox of this connection leaves them alone. */
  source: string
  /** Loading: segments and scores follow, workflows do not begin. */
  muted: boolean
}

export type LocalRow = { values: Values; updatedAt: Date | null }
/** A record of the CRM with its values in our terms; what has no counterpart here is absent. */
export type Arrival = { record: RemoteRecord; theirs: Values }
export type LocalWrite = { localId: string; ours: Values; here: Values; record: RemoteRecord }

/** Somebody changed it between our look and our write: look again. */
export class Changed extends Error {}

/** One kind of thing on our side. Everything works on many at once. */
export type Side = {
  kind: Kind
  /** By which fields a record can be recognised that is not linked yet; our own id always goes before them. */
  matchKeys?: readonly string[]
  fields(db: Db): Promise<LocalField[]>
  read(db: Db, localIds: string[], work: Pick<Work, 'now' | 'connection'>): Promise<Map<string, LocalRow>>
  /** Which of ours these records are, by the match keys of the mapping; remote id -> local id. */
  match(trx: Db, arrivals: Arrival[], work: Work): Promise<Map<string, string>>
  /** Makes ours of records; those that cannot be are left out. */
  create(trx: Db, arrivals: Arrival[], work: Work): Promise<{ made: Map<string, string>; events: NewEvent[] }>
  /** Writes; throws `Changed` where what stood there was not what was judged. */
  write(trx: Db, writes: LocalWrite[], work: Work): Promise<NewEvent[]>
  /** Theirs is gone and the mapping says that ours is put away. */
  archive?(trx: Db, localIds: string[], work: Work): Promise<void>
}
