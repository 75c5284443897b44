import { type Db, many, run, sql } from '#platform/db/db.ts'
import { AppError } from '#platform/errors.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import type { EmailDraft } from '../emails.draft.ts'
import { selectLive, selectVersions, type VersionRow } from '../emails.sql.ts'
import { checkEmail } from '../emails.ts'
import type { Compiled } from '../render/protocol.ts'
import { type CampaignSettings, type Variant, variantLetter, variantsOf } from './definition.ts'

/** What a variant is made of: the live version of its email, and what it says differently. */
type Part = { base: VersionRow; draft: EmailDraft; isSame: boolean }

/** The live versions behind the variants, in their order; 422 where an email is not live. */
export async function loadParts(db: Db, settings: CampaignSettings): Promise<Part[]> {
  const variants = variantsOf(settings)
  const emailIds = variants.map(variant => variant.emailId ?? settings.emailId ?? '0')
  const live = new Map((await selectLive(db, emailIds)).map(row => [row.emailId, row.versionId]))
  const versions = new Map((await selectVersions(db, [...live.values()])).map(row => [row.id, row]))
  return variants.map((variant, place) => {
    const base = versions.get(live.get(emailIds[place] ?? '') ?? '')
    if (!base) {
      const path = settings.test && variant.emailId ? `test.variants.${place}.emailId` : 'emailId'
      throw new AppError('invalid', 'The email of this campaign is not published.', {
        status: 422,
        fields: [{ path, message: 'is no published email' }],
      })
    }
    return { base, draft: draftOf(base, variant), isSame: isSame(base, variant) }
  })
}

function draftOf({ draft }: VersionRow, { subject, fromName, fromAddress }: Variant): EmailDraft {
  return {
    ...draft,
    ...(subject === null ? {} : { subject }),
    ...(fromName === null ? {} : { fromName }),
    ...(fromAddress === null ? {} : { fromAddress }),
  }
}

function isSame(base: VersionRow, variant: Variant): boolean {
  const draft = draftOf(base, variant)
  return (['subject', 'fromName', 'fromAddress'] as const).every(field => draft[field] === base.draft[field])
}

export type Ready = { part: Part; compiled: Compiled | null }

/** Compiles what differs from the published versions. Slow templates take a while: not within a transaction. */
export async function compileParts(db: Db, settings: CampaignSettings): Promise<Ready[]> {
  const parts = await loadParts(db, settings)
  const ready: Ready[] = []
  for (const [place, part] of parts.entries()) {
    if (part.isSame) {
      ready.push({ part, compiled: null })
      continue
    }
    const { compiled, problems } = await checkEmail(db, part.draft)
    if (!compiled) {
      throw new AppError('not_publishable', `Variant ${variantLetter(place + 1)} cannot go out like this.`, {
        status: 422,
        fields: problems.map(({ path, message }) => ({ path: `test.variants.${place}.${path}`, message })),
      })
    }
    ready.push({ part, compiled })
  }
  return ready
}

/**
 * The versions that a campaign sends, by variant. Those that differ from what was published become versions of their
 * own, numbered below zero: they belong to the campaign and are never the live one.
 */
export async function pinVersions(
  trx: Db,
  ready: Ready[],
  by: { name: string; now: Date },
): Promise<string[]> {
  const ids: string[] = []
  for (const { part, compiled } of ready) {
    if (compiled === null) {
      ids.push(part.base.id)
      continue
    }
    const id = newId()
    await run(
      trx,
      sql`
      insert into outreach.email_version (id, email_id, number, draft, subject, html, text, links, owner_id, review_on,
        published_by, published_at)
      select ${id}::bigint, email_id, (
          select least(min(v.number), 0) - 1 from outreach.email_version v where v.email_id = base.email_id),
        ${JSON.stringify(part.draft)}::jsonb, ${compiled.subject}, ${compiled.html}, ${compiled.text},
        ${JSON.stringify(compiled.links)}::jsonb, owner_id, review_on, ${by.name}, ${by.now.toISOString()}::timestamptz
      from outreach.email_version base where id = ${part.base.id}::bigint`,
    )
    ids.push(id)
  }
  return ids
}

/** Subject and sender as each variant has them, for screens. */
export function selectContents(
  db: Db,
  versionIds: string[],
): Promise<
  { id: string; emailId: string; emailName: string; subject: string; fromName: string; fromAddress: string }[]
> {
  return many(
    db,
    sql`
    select v.id, v.email_id as "emailId", e.name as "emailName", v.draft->>'subject' as subject,
      v.draft->>'fromName' as "fromName", v.draft->>'fromAddress' as "fromAddress"
    from outreach.email_version v join outreach.email e on e.id = v.email_id
    where v.id = any(${versionIds}::bigint[])`,
  )
}

/** The draft of a variant, for a test mail. */
export async function variantDraft(
  services: Services,
  settings: CampaignSettings,
  variant: number,
): Promise<{ emailId: string; draft: EmailDraft }> {
  const parts = await loadParts(services.db, settings)
  const part = parts[variant - 1]
  if (!part) throw new AppError('invalid', 'There is no such variant.', { status: 422 })
  return { emailId: part.base.emailId, draft: part.draft }
}
