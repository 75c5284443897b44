import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { transformSync } from 'esbuild'

export type PageScript = { plain: Buffer; gzip: Buffer; brotli: Buffer; etag: string }

/**
 * A script of ours as it is served, made once per start (some 30 ms). Where esbuild's binary is missing (a
 * platform it does not know) the script is only freed of its types: larger, not different.
 */
export function buildPageScript(file: 'tracker/tend.ts' | 'tracker/pages.ts' | 'forms/frame.ts'): PageScript {
  const source = new URL(`../../${file}`, import.meta.url)
  const plain = Buffer.from(minify(readFileSync(source, 'utf8')))
  return {
    plain,
    gzip: gzipSync(plain, { level: 9 }),
    brotli: brotliCompressSync(plain),
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 20)}"`,
  }
}

function minify(text: string): string {
  try {
    return transformSync(text, { loader: 'ts', minify: true, target: 'es2020', charset: 'ascii' }).code
  } catch {
    return stripTypeScriptTypes(text)
  }
}
