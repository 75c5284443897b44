/** What goes between the renderer and its child process. Everything is plain data. */

/** Something wrong with a template, told so that its author finds it: `path` is the field, `line` counts from 1. */
export type Problem = {
  path: 'subject' | 'preheader' | 'source' | 'text'
  line: number | null
  message: string
}

export type Source = {
  kind: 'mjml' | 'html'
  subject: string
  preheader: string
  source: string
  /** The author's own text part; null to derive it from the HTML. */
  text: string | null
  /** The sender's postal address, so that one that stands in the text already is not added again. */
  postalAddress: string
}

export type Link = { url: string; label: string; dynamic: boolean }

/** Liquid throughout; links stand between markers (see markers.ts). */
export type Compiled = { subject: string; html: string; text: string; links: Link[] }

export type CompileResult = { compiled: Compiled | null; problems: Problem[]; warnings: Problem[] }

/** Parsed once per child and kept under its key. */
export type Template = { key: string; subject: string; html: string; text: string }

export type Parts = { subject: string; html: string; text: string }
export type Rendered = { ok: true; parts: Parts } | { ok: false; reason: string }

/** The long stretches of a template that are the same in every mail, by their number. */
export type Fixed = { html: string[]; text: string[] }

export type Request =
  | { id: number; op: 'compile'; source: Source }
  /** `marked`: fixed stretches are told once, and stand in each mail as marks (see markers.ts). */
  | { id: number; op: 'render'; template: Template; contexts: Record<string, unknown>[]; marked: boolean }

export type Reply =
  | { ready: true }
  /** The compiler is loaded, the work on the source begins. */
  | { id: number; loaded: true }
  | { id: number; compiled: CompileResult }
  | { id: number; fixed: Fixed }
  /** Results in the order of the contexts; several of these make an answer. */
  | { id: number; rendered: Rendered[] }

/** Limits of what an untrusted template may use. */
export const limits = {
  sourceBytes: 256 * 1024,
  outputBytes: 1024 * 1024,
  depth: 50,
  /** Gmail cuts a mail off here. */
  clipBytes: 102 * 1024,
  rangeLength: 10_000,
  /** Generous: the clock on the wall runs on while the machine is busy with something else. */
  renderMs: 1000,
  memory: 1e7,
  parse: 3e6,
} as const
