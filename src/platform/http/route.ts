import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Services } from '../services.ts'

export const roles = ['owner', 'admin', 'marketer', 'analyst', 'sales', 'viewer'] as const
export type Role = (typeof roles)[number]

/** Who asks: a signed-in person, an API key, or the program itself. `scopes` narrows a key; null means all of its role. */
export type Actor = {
  kind: 'user' | 'key' | 'system'
  id: string
  name: string
  email: string | null
  role: Role
  scopes: string[] | null
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One thing that the API can do. Every route states its action for the policy and the shapes of all it takes and gives. */
export type Route = {
  method: Method
  url: string
  /** The action the policy is asked about (`segments.edit`); `anybody` and `signed-in` are the only exceptions. */
  can: string
  summary: string
  tag: string
  params: z.ZodType
  query: z.ZodType
  body: z.ZodType | null
  reply: z.ZodType
  status: number
  /** Asks people to show once more who they are: a session left open is not enough for this. */
  fresh: boolean
  /** How many bytes a request may hold; null: the usual megabyte. */
  bodyLimit: number | null
  handle(input: RouteInput<unknown, unknown, unknown>, services: Services): Promise<unknown>
}

export type RouteInput<P, Q, B> = {
  params: P
  query: Q
  body: B
  actor: Actor
  request: FastifyRequest
  answer: FastifyReply
}

type Given<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> = {
  method: Method
  url: string
  can: string
  summary: string
  tag: string
  params?: P
  query?: Q
  body?: B
  reply: R
  status?: number
  fresh?: boolean
  bodyLimit?: number
  handle(input: RouteInput<z.output<P>, z.output<Q>, z.output<B>>, services: Services): Promise<z.input<R>>
}

const nothing = z.object({})

/** Ties the shapes of a route to its handler's types. Input is parsed before `handle`, the answer is checked after it. */
export function route<
  P extends z.ZodType = typeof nothing,
  Q extends z.ZodType = typeof nothing,
  B extends z.ZodType = typeof nothing,
  R extends z.ZodType = z.ZodType,
>(given: Given<P, Q, B, R>): Route {
  return {
    ...given,
    params: given.params ?? nothing,
    query: given.query ?? nothing,
    body: given.body ?? null,
    status: given.status ?? 200,
    fresh: given.fresh ?? false,
    bodyLimit: given.bodyLimit ?? null,
    // The server hands over what these very schemas have parsed.
    handle: given.handle as Route['handle'],
  }
}

/** A 63-bit id; a string in JSON, because JavaScript's numbers end at 53 bits. */
export const idSchema = z
  .string()
  .regex(/^\d{1,19}$/, { error: 'is no id', abort: true })
  .refine(text => BigInt(text) < 2n ** 63n, 'is no id')

export const idParams = z.object({ id: idSchema })

/** A moment: a Date from the database, ISO 8601 with a Z in JSON. */
export const timeSchema = z.preprocess(
  value => (value instanceof Date ? value.toISOString() : value),
  z.iso.datetime({ offset: true }),
)

/** A calendar day, `2026-11-23`. */
export const daySchema = z.iso.date()

export const done = z.object({ ok: z.literal(true) })
