/** A bug to be planted: in `file`, the text `from` becomes `to`. The promise that must be seen broken is `breaks`. */
export type Plant = { name: string; file: string; from: string; to: string; breaks: string }

/** Eight mistakes that products of this kind have made. A harness that misses one of them proves nothing. */
export const plants: Plant[] = [
  {
    name: 'suppression is checked once for a large batch',
    file: 'src/outreach/delivery.loop.ts',
    from: 'const claimSeconds = 0.5',
    to: 'const claimSeconds = 60',
    breaks: 'I3',
  },
  {
    name: 'intake says yes before it commits',
    file: 'src/capture/intake/gather.ts',
    from: `      await options.write(batch.flatMap(parcel => parcel.items))
      for (const parcel of batch) parcel.done()`,
    to: `      for (const parcel of batch) parcel.done()
      await options.write(batch.flatMap(parcel => parcel.items))`,
    breaks: 'I4',
  },
  {
    name: 'what is in doubt is sent again',
    file: 'src/outreach/delivery/recover.ts',
    from: `message.class === 'marketing' ? 'unknown' : 'queued'`,
    to: `'queued'`,
    breaks: 'I1',
  },
  {
    name: 'work is checked off when it is fetched',
    file: 'src/engine/worker.tick.ts',
    from: 'taken = await take(deps, trx, {',
    to: 'taken = await take(deps, deps.services.db, {',
    breaks: 'I2',
  },
  {
    name: 'a sender that was given up goes on sending',
    file: 'src/outreach/delivery/claim.ts',
    from: 'deadline: began + leftMs',
    to: 'deadline: Number.POSITIVE_INFINITY',
    breaks: 'I1',
  },
  {
    name: 'a counter is raised beside the ledger',
    file: 'src/workflows/save.ts',
    from: 'await addTally(tick.db,',
    to: 'await addTally(tick.services.db,',
    breaks: 'I7',
  },
  {
    name: 'what was rendered for one is used for all',
    file: 'src/outreach/delivery/prepare.ts',
    from: 'results.set(message.id, rendered[i] ??',
    to: 'results.set(message.id, rendered[0] ??',
    breaks: 'I8',
  },
  {
    name: "who lives is told by the machine's own clock",
    file: 'src/engine/lanes.ts',
    from: 'where w.id = asked.id and w.alive_until >= clock_timestamp())`',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a program, of one whose clock runs fast
    to: 'where w.id = asked.id and w.alive_until >= ${new Date(Date.now() + 3_600_000)}::timestamptz)`',
    breaks: 'I1',
  },
]
