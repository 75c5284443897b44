import { APIError, createAuthEndpoint } from 'better-auth/api'
import { z } from 'zod'
import { AppError } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import { audit } from './audit.ts'
import { keepPassword } from './auth.proofs.ts'
import { acceptInvitation, readInvitation } from './invitations.ts'
import { passwordProblem } from './passwords.ts'

const token = z.string().min(20).max(200)
const name = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .refine(word => !word.includes('\u0000'), 'must not hold a NUL')

/** Our refusals in the library's form. */
function told(error: unknown): never {
  if (!(error instanceof AppError)) throw error
  throw new APIError(error.status === 409 ? 'CONFLICT' : 'UNAUTHORIZED', {
    code: error.code,
    message: error.message,
  })
}

/** What an invitation is for. It changes nothing: only accepting it does. */
function lookAtInvitation({ db }: Services) {
  return createAuthEndpoint(
    '/invitation/look',
    { method: 'POST', body: z.strictObject({ token }) },
    async ctx => {
      const { email, role, createdByName } = await readInvitation(db, ctx.body.token).catch(told)
      return ctx.json({ email, role, invitedBy: createdByName })
    },
  )
}

/** Takes an invitation up: name and password make the account, and the person is signed in. */
function takeInvitation({ db }: Services) {
  return createAuthEndpoint(
    '/invitation',
    { method: 'POST', body: z.strictObject({ token, name, password: z.string().max(1000) }) },
    async ctx => {
      const { email } = await readInvitation(db, ctx.body.token).catch(told)
      // A weak password must not cost the invitation.
      const problem = passwordProblem(ctx.body.password, { name: ctx.body.name, email })
      if (problem)
        throw new APIError('UNPROCESSABLE_ENTITY', { code: 'invalid', message: `The password ${problem}.` })
      const user = await acceptInvitation(db, ctx.body.token, ctx.body.name).catch(told)
      await audit(db, { kind: 'user', id: user.id, name: user.name }, 'users.join', {
        kind: 'user',
        id: user.id,
      })
      await keepPassword(ctx, user, { password: ctx.body.password, secondFactorAt: null })
      return ctx.json({ ok: true })
    },
  )
}

export const arrivalEndpoints = (services: Services) => ({
  lookAtInvitation: lookAtInvitation(services),
  takeInvitation: takeInvitation(services),
})
