import type { PageDocument } from './document.ts'
import { block, button, card, faq, form, hero, page, quote, surface, text } from './templates.build.ts'

export type Template = { key: string; name: string; words: string; document: PageDocument }

const whitePaper = page(
  'Your guide to better onboarding',
  'What 40 teams learned about onboarding, on 24 pages, free of charge.',
  [
    {
      name: 'Opening',
      style: { ...surface, padding: 'large' },
      parts: [
        {
          type: 'columns',
          layout: '2-1',
          of: [
            [
              text(
                '<p>White paper, 24 pages</p><h2>In it</h2><ul><li>The three questions that every first week has to answer</li><li>Checklists to copy</li><li>What 40 teams would do differently</li></ul>',
              ),
              quote(
                'We read it on Monday and changed our first mail on Tuesday.',
                'Jamie Doe',
                'Head of Customer Success',
              ),
            ],
            [form('Get the white paper')],
          ],
        },
      ],
    },
    {
      name: 'Questions',
      parts: [
        text('<h2>Good to know</h2>'),
        faq([
          [
            'What happens after I send the form?',
            'You get a mail with a link to the file. Nothing else, unless you ask for it.',
          ],
          ['May I pass it on?', 'Yes, as it is.'],
        ]),
      ],
    },
  ],
)
whitePaper.sections[0]?.blocks.unshift(
  block(
    hero(
      'White paper',
      'Your guide to better onboarding',
      '<p>How teams that people stay with begin: what works, what does not, and how to find out.</p>',
      [],
    ),
    's1b0',
  ),
)

const webinar = page(
  'Webinar: from lead to conversation',
  'Forty minutes live, with time for your questions.',
  [
    {
      name: 'Opening',
      style: { background: 'accent', colour: 'on-accent', padding: 'large' },
      parts: [
        hero(
          'Free webinar',
          'From lead to conversation',
          '<p>Forty minutes live, with time for your questions. Everybody who signs up gets the recording.</p>',
          [button('Save my seat', '#register')],
        ),
        { type: 'countdown', until: null, label: 'It starts in', over: 'The webinar has begun.' },
      ],
    },
    {
      name: 'What it is about',
      parts: [
        text('<h2>What you take away</h2>'),
        {
          type: 'columns',
          layout: '1-1-1',
          of: [
            [
              card(
                '<h3>Who is ready</h3><p>Signs that somebody wants to talk, and which of them mislead.</p>',
              ),
            ],
            [card('<h3>What to say</h3><p>First sentences that get answers, from real mails.</p>')],
            [card('<h3>When to stop</h3><p>How often is often enough.</p>')],
          ],
        },
      ],
    },
    {
      name: 'Sign-up',
      anchor: 'register',
      style: { ...surface, width: 'narrow' },
      parts: [form('Save your seat')],
    },
  ],
)

const demoRequest = page(
  'See it with your own data',
  'Thirty minutes with somebody who knows the product. No slides.',
  [
    {
      name: 'Opening',
      style: { padding: 'large' },
      parts: [
        hero(
          'Demo',
          'See it with your own data',
          '<p>Thirty minutes with somebody who knows the product. No slides, no obligation.</p>',
          [],
        ),
        {
          type: 'columns',
          layout: '1-1',
          of: [
            [
              text(
                '<h2>How it goes</h2><ol><li>You tell us in two lines what you want to solve.</li><li>We answer within one working day with two times to choose from.</li><li>You see it working, and get the recording.</li></ol>',
              ),
              quote('The first demo in which I saw our problem, not theirs.', 'Sam Example', 'Operations'),
            ],
            [form('Ask for a demo')],
          ],
        },
      ],
    },
    {
      name: 'Questions',
      style: surface,
      parts: [
        text('<h2>Questions people ask</h2>'),
        faq([
          ['Does it cost anything?', 'No.'],
          ['Who will be there?', 'One of our engineers, and whoever you bring.'],
          [
            'What do you do with my details?',
            'We use them to answer you. What else you agree to stands beside the form.',
          ],
        ]),
      ],
    },
  ],
)

const plan = (name: string, price: string, features: string[], highlighted: boolean) => ({
  name,
  price,
  period: 'per month',
  text: '',
  features,
  button: button(`Try ${name}`, '#start', highlighted ? 'primary' : 'secondary'),
  highlighted,
})

const trial = page('Try it for 30 days', 'All of it, for 30 days, without a card.', [
  {
    name: 'Opening',
    style: { ...surface, padding: 'large', align: 'centre' },
    parts: [
      hero(
        '30 days, no card',
        'Try all of it',
        '<p>Set up in ten minutes. If you do nothing, it simply ends.</p>',
        [button('Start now', '#start'), button('What it costs then', '#plans', 'link')],
      ),
    ],
  },
  {
    name: 'Plans',
    anchor: 'plans',
    parts: [
      text('<h2>What it costs afterwards</h2>'),
      {
        type: 'pricing',
        plans: [
          plan(
            'Small',
            '29 €',
            ['Up to 3 people', 'Everything but single sign-on', 'Answers within a day'],
            false,
          ),
          plan('Team', '79 €', ['Up to 15 people', 'Single sign-on', 'Answers within four hours'], true),
        ],
      },
    ],
  },
  {
    name: 'Sign-up',
    anchor: 'start',
    style: { ...surface, width: 'narrow' },
    parts: [form('Start your trial')],
  },
])

const thanks = page('Thank you', 'We have received what you sent.', [
  {
    name: 'Thanks',
    style: { padding: 'huge', align: 'centre', width: 'narrow' },
    parts: [
      hero(
        '',
        'Thank you',
        '<p>We have received what you sent. Look into your mail box: a message is on its way.</p>',
        [],
      ),
      text('<p>Nothing there after ten minutes? Look into your spam folder, or write to us.</p>'),
    ],
  },
])
thanks.settings.robots = { index: false, follow: true }

/** What a page can begin with. Only what is left to choose (a form, a moment) is missing before it can go live. */
export const templates: readonly Template[] = [
  { key: 'white-paper', name: 'White paper', words: 'A file in return for a form', document: whitePaper },
  { key: 'webinar', name: 'Webinar', words: 'Sign-up for an event, with a countdown', document: webinar },
  {
    key: 'demo-request',
    name: 'Demo request',
    words: 'A form for people who want to talk',
    document: demoRequest,
  },
  { key: 'trial', name: 'Trial', words: 'Plans, prices and a sign-up', document: trial },
  { key: 'thank-you', name: 'Thank you', words: 'Where a form leads when it was sent', document: thanks },
]
