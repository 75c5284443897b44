import { after, before, describe } from 'node:test'
import { createEgress } from '#platform/egress.ts'
import { createLog } from '#platform/log.ts'
import type { CallFault, Peer } from '../../../tests/harness/peer.ts'
import type { Connection, Connector, FailureKind, RemoteRef, Value, Wire } from '../connector.ts'
import { failures } from './conformance/failures.fixture.ts'
import { hooks } from './conformance/hooks.fixture.ts'
import { reading } from './conformance/reading.fixture.ts'
import { writing } from './conformance/writing.fixture.ts'

/** A stateful stand-in of a CRM, and what can be done in it behind the connector's back. Values as its API has them. */
export type Simulator = Pick<Peer, 'url' | 'calls' | 'fail' | 'stop'> & {
  add(type: string, values: Record<string, unknown>): string
  edit(type: string, id: string, values: Record<string, unknown>): void
  remove(type: string, id: string): void
  merge?(type: string, loser: string, winner: string): void
  /** Converts a lead; answers what it became. */
  convert?(id: string): RemoteRef[]
  /** What it holds; null where the record is not there or in the bin. */
  read(type: string, id: string): Record<string, unknown> | null
  /** Sets the time of the next stamps; null = the machine's. */
  at(time: Date | null): void
  /** Every element in which `when` says true to the field is refused because of it, until told otherwise. */
  refuse(rule: Refusal | null): void
}
export type Refusal = { kind: RowFault; field: string; when(value: unknown): boolean }
export type RowFault = Extract<FailureKind, 'invalid' | 'duplicate' | 'denied' | 'lock'>

/** The same value as the CRM holds it and as Tend has it. */
export type Spelling = { field: string; there: unknown; here: Value }

export type Subject = {
  connector: Connector
  /** A fresh simulator with nobody in it but the user we sign in as. */
  start(): Promise<Simulator>
  /** What an admin would fill in to reach it. */
  settings(simulator: Simulator): Record<string, unknown>
  /** What the vault holds after a sign-in. */
  vault?: Record<string, string>
  /** All that must never be seen in a sample. */
  secrets: string[]
  /** The object of people that tests work with, and its fields. */
  person: {
    type: string
    /** A text; always filled, also where the CRM does not ask for it. */
    name: string
    isOptional?: true
    email: string
    /** The CRM lets no two people have one address. */
    isEmailUnique?: true
    /** A text that may be empty. */
    text: string
    /** Holds Tend's own id; null where the CRM has none. */
    externalId: string | null
    /** One per type of field that the CRM has. */
    spellings: Spelling[]
    /** What else a new record must have, as the CRM holds it. */
    must?: Record<string, Value>
  }
  /** What this CRM cannot do is left out, and the suite says so. */
  can: {
    /** Where deleted records are told. */
    tellsDeletes: 'changes' | 'removals' | 'never'
    merges: boolean
    /** The type of leads, where they can be converted. */
    converts: string | null
    /** Creates with an external id are made once, however often they are sent. */
    upserts: boolean
    /** Refuses a change of what somebody has changed since it was read. */
    versions: boolean
    /** Fetches a fresh token by itself. */
    renews: boolean
    /** Says how many calls are used. */
    quota: boolean
    /** Leaves open how long to wait where it throttles: a minute then. */
    saysNoWait?: boolean
    calls: CallFault[]
    rows: RowFault[]
  }
  /** A call as the CRM would make it on a change of this record; null = its secret is wrong, or it is too late. */
  hook?(
    simulator: Simulator,
    ref: RemoteRef,
    how: 'right' | 'forged' | 'stale',
  ): { url: string; headers: Record<string, string>; body: string }
}

export type Bench = Subject & {
  simulator: Simulator
  crm: Connection
  wire: Wire
  kept: Record<string, string>
  quotas: { used: number; allowed: number }[]
  /** A new person's values as the CRM holds them. */
  someone(more?: Record<string, unknown>): Record<string, unknown>
}

/**
 * Every promise of `connector.ts`, proven over real HTTP and the egress guard against a simulator. What is proven
 * here is what the engine stands on: a connector that passes can be synced with.
 */
export function conforms(subject: Subject): void {
  const { connector } = subject
  describe(`${connector.name} keeps the promises of a connector`, () => {
    const bench = {} as Bench
    before(async () => {
      Object.assign(bench, subject, await open(subject))
    })
    after(() => bench.simulator?.stop())
    reading(bench, subject)
    writing(bench, subject)
    failures(bench, subject)
    hooks(bench, subject)
  })
}

async function open(subject: Subject) {
  const simulator = await subject.start()
  const egress = createEgress([new URL(simulator.url).host])
  const kept = { ...subject.vault }
  const quotas: Bench['quotas'] = []
  const wire: Wire = {
    fetch: (url, request) => egress.fetch(url, { maxBytes: 32 * 1024 * 1024, ...request }),
    vault: {
      read: async () => ({ ...kept }),
      change: async change => Object.assign(kept, await change({ ...kept })),
    },
    quota: state => void quotas.push(state),
    realTime: () => new Date(),
    log: createLog('silent'),
  }
  const settings = subject.connector.settings.parse(subject.settings(simulator))
  const { name, must } = subject.person
  const someone = (more = {}) => ({ [name]: 'Lovelace', ...must, ...more })
  return { simulator, wire, kept, quotas, someone, crm: subject.connector.connect(settings, wire) }
}
