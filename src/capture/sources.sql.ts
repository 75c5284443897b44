import { type RawBuilder, sql } from '#platform/db/db.ts'
import type { Source, SourceWithTraffic } from './sources.ts'

const columns = sql`source.id, source.name, source.type, source.key_prefix as "keyPrefix",
  source.public_key as "publicKey", source.allowed_hosts as "allowedHosts", source.enabled,
  source.needs_consent as "needsConsent",
  source.created_by as "createdBy", source.created_at as "createdAt", source.updated_at as "updatedAt", source.version`

export function insertSource(source: Source, keyHash: Buffer): RawBuilder<unknown> {
  return sql`
    insert into capture.source (id, name, type, key_prefix, key_hash, public_key, allowed_hosts, enabled, needs_consent,
      created_by, created_at, updated_at, version)
    values (${source.id}, ${source.name}, ${source.type}, ${source.keyPrefix}, ${keyHash}, ${source.publicKey},
      ${source.allowedHosts}, ${source.enabled}, ${source.needsConsent}, ${source.createdBy}, ${source.createdAt}, ${source.updatedAt},
      ${source.version})`
}

export function selectSource(id: string): RawBuilder<Source> {
  return sql<Source>`select ${columns} from capture.source source where source.id = ${id}`
}

export function selectSourceNames(ids: string[]): RawBuilder<{ id: string; name: string }> {
  return sql`select id, name from capture.source where id = any(${ids}::bigint[])`
}

/** All that may send, with the hash their key is found by. */
export function selectKeys(): RawBuilder<Source & { keyHash: string }> {
  return sql<Source & { keyHash: string }>`
    select ${columns}, encode(source.key_hash, 'hex') as "keyHash" from capture.source source where source.enabled`
}

export function selectSourcesWithTraffic(now: Date): RawBuilder<SourceWithTraffic> {
  return sql<SourceWithTraffic>`
    select ${columns},
      coalesce(sum(day.accepted) filter (where day.day > (${now}::timestamptz at time zone 'UTC')::date - 7), 0)::int
        as accepted,
      coalesce(sum(day.rejected) filter (where day.day > (${now}::timestamptz at time zone 'UTC')::date - 7), 0)::int
        as rejected,
      coalesce(sum(day.bots) filter (where day.day > (${now}::timestamptz at time zone 'UTC')::date - 7), 0)::int as bots,
      coalesce(sum(day.opted_out) filter (where day.day > (${now}::timestamptz at time zone 'UTC')::date - 7), 0)::int
        as "optedOut",
      max(day.last_at) as "lastAt"
    from capture.source source
    left join capture.source_day day on day.source_id = source.id
    group by source.id
    order by lower(source.name), source.id`
}

export function updateSource(source: Source, version: number): RawBuilder<unknown> {
  return sql`
    update capture.source
    set name = ${source.name}, allowed_hosts = ${source.allowedHosts}, enabled = ${source.enabled},
      needs_consent = ${source.needsConsent},
      updated_at = ${source.updatedAt}, version = ${source.version}
    where id = ${source.id} and version = ${version}`
}

export function deleteSource(id: string): RawBuilder<unknown> {
  return sql`delete from capture.source where id = ${id}`
}
