import type { z } from 'zod'
import type { Thing } from '#access/references.ts'
import type { Filter } from '#decisions/filter.ts'
import type { EventMatch } from './listen.ts'

/** Something outside the workflow that a step relies on; publishing checks that it is live. */
export type Reference = Thing

/** The name of what a reference points at, for sentences; undefined when it is gone. */
export type Names = (reference: Reference) => string | undefined

/** An event a step waits for. `email` is the id of an earlier step: only events of the message it sent count. */
export type Listen = EventMatch & { email?: string }

/** What the engine has to do for a step. Effects are carried out set-based, in the order of their kinds. */
export type Effect =
  | {
      do: 'email'
      emailId: string
      class: 'marketing' | 'service'
      purpose: string
      topicId: string | null
    }
  | { do: 'points'; modelId: string; points: number; reason: string }
  | { do: 'field'; field: string; value: string | number | boolean | null }
  | { do: 'list'; listId: string; in: boolean }
  | {
      do: 'alert'
      fallbackUserId: string | null
      webhookUrl: string | null
      message: string
      /** What moved the contact last, in words. */
      because: string | null
    }
  | { do: 'enrol'; workflowId: string }
  | { do: 'crm-push' }
  | { do: 'crm-task'; subject: string; body: string; dueOn: string | null; ownerId: string | null }
  | { do: 'crm-member'; campaignId: string; status: string }
  | { do: 'handoff'; words: string; userIds: string[] }

/**
 * What a step decides. `go` leaves by an exit (`because` of the event it was waiting for), `wait` stays until a time
 * or an event, `stop` ends the way.
 */
export type Outcome =
  | { does: 'go'; exit: string; effects?: Effect[]; because?: Heard }
  | { does: 'wait'; until?: Date; for?: Listen }
  | { does: 'stop'; reason: string; exit?: string; effects?: Effect[] }

/** The contact's own values, loaded only for steps whose `needs` ask for them. */
export type ContactFacts = {
  id: string
  email: string | null
  firstName: string | null
  lastName: string | null
  jobTitle: string | null
  companyName: string | null
  timeZone: string | null
  ownerId: string | null
}

/** The event a waiting step has heard: what is needed to tell of it later. */
export type Heard = { eventId: string; type: string; name: string | null; at: Date; summary: string }

/** All a step may know. Filters are those of its own `needs`, evaluated for this visit. */
export type Facts = {
  matches: (need: string) => boolean
  contact: ContactFacts | null
  heard: (listen: Listen) => Heard | null
  last: Heard | null
  zone: string
}

/** When a step is asked: business time, the time of arrival, and a fixed number in [0, 1) per contact and step. */
export type Moment = { now: Date; arrivedAt: Date; chance: number }

/** What a step must be told before it runs. */
export type Needs = { filters?: Record<string, Filter>; contact?: boolean }

/** How a kind of step is written down: pure, without input or output, clock or dice. */
export type Kind<S> = {
  type: string
  title: string
  category: 'time' | 'path' | 'message' | 'contact' | 'sales' | 'end'
  /** One sentence for the catalogue in the editor. */
  words: string
  settings: z.ZodType<S>
  /** Settings a newly placed step starts with; may be incomplete. */
  initial: Record<string, unknown>
  exits(settings: S): string[]
  /** The ways out when they do not depend on settings that `initial` leaves open. */
  usualExits?: string[]
  describe(settings: S, names: Names): string
  uses?(settings: S): Reference[]
  needs?(settings: S): Needs
  /** True when nobody can pass this step in no time: a circle must hold one such step. */
  holds?(settings: S): boolean
  listens?(settings: S): Listen | null
  /** The contact fields this step writes, for the warning about two writers. */
  writes?(settings: S): string[]
  run(settings: S, facts: Facts, moment: Moment): Outcome
}

/** A step with its settings: what the interpreter works with. */
export type Step = {
  type: string
  exits: string[]
  uses: Reference[]
  needs: Needs
  holds: boolean
  listens: Listen | null
  writes: string[]
  describe(names: Names): string
  run(facts: Facts, moment: Moment): Outcome
}

/** A kind of step with its settings' type closed over, so that all kinds fit one list. */
export type Node = {
  type: string
  title: string
  category: Kind<unknown>['category']
  words: string
  settings: z.ZodType
  initial: Record<string, unknown>
  /** The ways out with the initial settings; null when these are not complete. */
  usualExits: string[] | null
  /** Reads raw settings; throws ZodError when they are not valid. */
  bind(settings: unknown): Step
}

/** Declares a kind of step. One file in `nodes/`, one line in `nodes/all.ts`. */
export function node<S>(kind: Kind<S>): Node {
  return {
    type: kind.type,
    title: kind.title,
    category: kind.category,
    words: kind.words,
    settings: kind.settings,
    initial: kind.initial,
    usualExits: usualExitsOf(kind),
    bind(raw) {
      const settings = kind.settings.parse(raw)
      return {
        type: kind.type,
        exits: kind.exits(settings),
        uses: kind.uses?.(settings) ?? [],
        needs: kind.needs?.(settings) ?? {},
        holds: kind.holds?.(settings) ?? false,
        listens: kind.listens?.(settings) ?? null,
        writes: kind.writes?.(settings) ?? [],
        describe: names => kind.describe(settings, names),
        run: (facts, moment) => kind.run(settings, facts, moment),
      }
    },
  }
}

function usualExitsOf<S>(kind: Kind<S>): string[] | null {
  const settings = kind.settings.safeParse(kind.initial)
  return settings.success ? kind.exits(settings.data) : (kind.usualExits ?? null)
}
