import { systemActor } from '#access/users.ts'
import { addPiece, changeImport, createImport, readFile, runImport } from '#audience/imports.ts'
import { createList } from '#audience/lists.ts'
import type { Services } from '#platform/services.ts'

const visitors = [
  'Amelie;Brandt;amelie.brandt@brandt-logistik.example;Brandt Logistik;Head of Operations;DE;12',
  'Tom\u00e1s;Vega;tomas.vega@vega-foods.example;Vega Foods;Marketing Manager;ES;4',
  'Ingrid;S\u00f8rensen;ingrid@nordlys.example;Nordlys;CMO;DK;30',
  'Paul;Okafor;paul.okafor@okafor-build.example;Okafor Build;Owner;GB;8',
  'Chlo\u00e9;Martin;chloe.martin@atelier-m.example;Atelier M;Founder;FR;3',
  'Jonas;Weber;jonas.weber@weber-tools.example;Weber Tools;Sales Lead;DE;22',
  'Giulia;Conti;giulia.conti@conti-vini.example;Conti Vini;Export Manager;IT;15',
  'Marta;Kowalska;marta.kowalska@kowal.example;Kowal;Head of CRM;PL;60',
  'Henrik;Lund;henrik.lund;Lund & Co;Consultant;SE;2',
  'Sofia;Almeida;sofia@almeida-studio.example;Almeida Studio;Designer;PT;5',
  'Lucas;Meyer;LUCAS.MEYER@meyer-bau.example;Meyer Bau;Project Manager;CH;40',
  'Elif;Demir;elif.demir@demir-textil.example;Demir Textil;Buyer;TR;18',
  'Lucas;Meyer;lucas.meyer@meyer-bau.example;Meyer Bau;Project Manager;CH;40',
  'Nora;Byrne;nora.byrne@byrne-legal.example;Byrne Legal;Partner;IE;many',
]

/** Visitors of a fair, as somebody typed them into a spreadsheet; they come in as soon as a worker runs. */
export async function seedImport(services: Services, now: Date): Promise<void> {
  const { db } = services
  const list = await createList(
    db,
    {
      name: 'Spring fair visitors',
      description: 'Left their card at our stand.',
      createdBy: systemActor.name,
    },
    now,
  )
  const lines = ['First name;Last name;E-mail;Company;Job title;Country;Seats wanted', ...visitors]
  const bytes = Buffer.from(lines.join('\r\n'), 'latin1')
  const file = { name: 'spring-fair-visitors.csv', bytes: bytes.length }
  const { id } = await createImport(db, systemActor, file, now)
  await addPiece(db, id, { position: 0, bytes }, now)
  const { mapping } = await readFile(db, id, now)
  const seats = { to: 'attrs.seats_wanted', create: { label: 'Seats wanted', type: 'number' as const } }
  await changeImport(
    db,
    id,
    {
      mapping: (mapping ?? []).map(map => (map.to === seats.to ? seats : map)),
      options: {
        existing: 'fill',
        listIds: [list.id],
        consent: {
          basis: 'opt-in',
          wording: 'Yes, send me news about your products by email.',
          source: 'Card at the stand of the spring fair',
        },
        wakes: false,
      },
    },
    now,
  )
  await runImport(services, systemActor, id)
}
